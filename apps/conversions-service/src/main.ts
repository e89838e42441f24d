import { createLogger, runService } from '@ringback/service-runtime';
import { readConfig, type ConversionsConfig } from './config.js';
import { SERVICE_NAME } from './conversions-service.module.js';
import { startConversionsService } from './start-conversions-service.js';

let config: ConversionsConfig;
await runService(
  () => {
    config = readConfig();
    return createLogger(SERVICE_NAME, config.LOG_LEVEL);
  },
  async (life) => {
    await startConversionsService(life, { config });
  },
);

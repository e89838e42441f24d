import { createLogger, runService } from '@ringback/service-runtime';
import { readConfig, type Config } from './config.js';
import { SERVICE_NAME } from './dispatcher-service.module.js';
import { startDispatcherService } from './start-dispatcher-service.js';

let config: Config;
await runService(
  () => {
    config = readConfig();
    return createLogger(SERVICE_NAME, config.LOG_LEVEL);
  },
  async (life) => {
    await startDispatcherService(life, { config });
  },
);

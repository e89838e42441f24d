import { createLogger, runService } from '@ringback/service-runtime';
import { readConfig, type OffersConfig } from './config.js';
import { SERVICE_NAME } from './offers-service.module.js';
import { startOffersService } from './start-offers-service.js';

let config: OffersConfig;
await runService(
  () => {
    config = readConfig();
    return createLogger(SERVICE_NAME, config.LOG_LEVEL);
  },
  async (life) => {
    await startOffersService(life, { config });
  },
);

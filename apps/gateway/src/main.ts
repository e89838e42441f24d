import 'reflect-metadata';
import { createLogger, runService } from '@ringback/service-runtime';
import { readConfig } from './config.js';
import { startGateway } from './start-gateway.js';

await runService(
  () => createLogger('gateway', readConfig().LOG_LEVEL),
  async (life) => {
    await startGateway(life, readConfig());
  },
);

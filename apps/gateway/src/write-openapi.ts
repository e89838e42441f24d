import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeApi } from './openapi/describe-api.js';

/** Writes `docs/openapi.json`, part of `npm run documents`: what the console's client is generated from. */
writeFileSync(fileURLToPath(new URL('../../../docs/openapi.json', import.meta.url)), `${JSON.stringify(describeApi(), null, 2)}\n`);

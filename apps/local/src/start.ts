import { once } from 'node:events';
import type { SystemSettings } from '@ringback/testbed';
import { runSystem } from './run-system.js';

/** `npm start`: the whole system, until Ctrl-C. */
await runSystem(async (settings, signal) => {
  console.log(readyLines(settings).join('\n'));
  if (!signal.aborted) await once(signal, 'abort');
  return 0;
});

function readyLines(s: SystemSettings): string[] {
  const at = (port: number) => `http://127.0.0.1:${port}`;
  return [
    '',
    'Ringback is ready.',
    `  Console      ${at(s.ports.gateway)}/`,
    `  API          ${at(s.ports.gateway)}/v1    OpenAPI: ${at(s.ports.gateway)}/v1/openapi.json`,
    `  Admin        ${s.adminEmail}    password: ${s.adminPassword}`,
    `  API key      ${s.bootstrapApiKey}`,
    `  Services     offers ${at(s.ports['offers-service'])}    conversions ${at(s.ports['conversions-service'])}    dispatcher ${at(s.ports['dispatcher-service'])}`,
    `  PostgreSQL   ${s.databaseUrl.replace(/:[^:@/]+@/, ':***@')}`,
    `  Kafka        ${s.brokers}`,
    '  Ctrl-C stops it. Data, secrets and logs are kept.',
    '',
  ];
}

import { readConfig } from './config.js';
import { runDemo } from './demo/run-demo.js';
import { runSystem } from './run-system.js';

/** `npm run demo`: the whole system, a local receiver, conversions that flow, and a summary that adds up. */
await runSystem(async (settings) => {
  const target = {
    apiUrl: `http://127.0.0.1:${settings.ports.gateway}`,
    apiKey: settings.bootstrapApiKey,
    kafka: readConfig().kafka ?? { brokers: settings.brokers.split(',') },
    topicPrefix: settings.topicPrefix,
  };
  return (await runDemo(target, (line) => console.log(line))) ? 0 : 1;
});

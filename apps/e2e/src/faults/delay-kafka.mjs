// Preloaded into a service (`node --import`): makes its reading of one topic, or its relay, slow, as a far or busy cluster would.
//   E2E_READ_DELAY     "<topic suffix>=<ms>": each batch of such a topic is handed over that much later
//   E2E_PRODUCE_DELAY  "<ms>": each produce request waits that long before it is sent
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';

const { Kafka } = createRequire(import.meta.url)('kafkajs');
const [suffix, readDelayMs] = (process.env.E2E_READ_DELAY ?? '=0').split('=');
const produceDelayMs = Number(process.env.E2E_PRODUCE_DELAY ?? 0);

if (Number(readDelayMs) > 0) {
  const original = Kafka.prototype.consumer;
  Kafka.prototype.consumer = function (...args) {
    const consumer = original.apply(this, args);
    const run = consumer.run;
    consumer.run = (options) =>
      run({
        ...options,
        eachBatch: async (payload) => {
          if (payload.batch.topic.endsWith(suffix)) await delay(Number(readDelayMs));
          return options.eachBatch(payload);
        },
      });
    return consumer;
  };
}

if (produceDelayMs > 0) {
  const original = Kafka.prototype.producer;
  Kafka.prototype.producer = function (...args) {
    const producer = original.apply(this, args);
    for (const method of ['send', 'sendBatch']) {
      const send = producer[method];
      producer[method] = async (...sent) => {
        await delay(produceDelayMs);
        return send(...sent);
      };
    }
    return producer;
  };
}

// Preloaded into a service (`node --import`): makes its reading of one topic, or its relay, slow, as a far or busy cluster would.
//   E2E_READ_DELAY     "<topic suffix>=<ms>": each answer with records of such a topic is handed over that much later
//   E2E_PRODUCE_DELAY  "<ms>": each produce request waits that long before it is sent
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';

const require = createRequire(import.meta.url);
const { Kafka } = require('kafkajs');
const [suffix, readDelayMs] = (process.env.E2E_READ_DELAY ?? '=0').split('=');
const produceDelayMs = Number(process.env.E2E_PRODUCE_DELAY ?? 0);

if (Number(readDelayMs) > 0) {
  // Below consumers and readers alike: every answer that holds records of such a topic comes late.
  const ConnectionPool = require('kafkajs/src/network/connectionPool');
  const original = ConnectionPool.prototype.send;
  ConnectionPool.prototype.send = async function (...args) {
    const answer = await original.apply(this, args);
    const records = answer?.responses?.find?.(({ topicName }) => topicName?.endsWith(suffix))?.partitions?.[0]?.messages;
    if (records?.length > 0) await delay(Number(readDelayMs));
    return answer;
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

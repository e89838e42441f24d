import { logLevel } from 'kafkajs';
import { kafkaLogCreator } from './kafka-log.js';
import { NotingLogger } from './testing/outbox-room.js';

const entry = (level: number, message: string, extra: object = {}) => ({
  namespace: 'Connection',
  level,
  label: 'ERROR',
  log: { timestamp: '', message, ...extra },
});

describe("kafkajs' log", () => {
  it('becomes ours, one level milder, with ids and places but no payloads', () => {
    const logger = new NotingLogger();
    const write = kafkaLogCreator(
      logger,
      () => false,
      () => 0,
    )();
    write(entry(logLevel.ERROR, 'Connection error', { broker: 'b:1', error: new Error('refused'), data: { secret: 1 }, payload: 'x' }));
    write(entry(logLevel.INFO, 'joined'));
    write(entry(logLevel.DEBUG, 'bytes'));
    expect(logger.lines).toEqual([
      { level: 'warn', message: 'kafkajs: Connection: Connection error', fields: { broker: 'b:1', error: 'refused' } },
      { level: 'debug', message: 'kafkajs: Connection: joined', fields: {} },
    ]);
  });

  it('says the same line at most once in ten seconds, and nothing after its client was cut off', () => {
    const logger = new NotingLogger();
    let now = 0;
    let isMuted = false;
    const write = kafkaLogCreator(
      logger,
      () => isMuted,
      () => now,
    )();
    for (now = 0; now <= 20_000; now += 1_000) write(entry(logLevel.ERROR, 'Connection error'));
    expect(logger.lines).toHaveLength(3);
    isMuted = true;
    write(entry(logLevel.ERROR, 'another'));
    expect(logger.lines).toHaveLength(3);
  });
});

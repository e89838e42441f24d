import { KafkaJSConnectionError, KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { EventStreamError } from './event-stream-error.js';
import { isKafkaAway } from './kafka-away.js';

const caused = (cause: Error) => Object.assign(new KafkaJSNonRetriableError(cause), { cause });
const protocol = (type: string, retriable: boolean) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable }) as unknown as string);

describe('why a consumer ended', () => {
  it.each([
    ['a lost connection', new KafkaJSConnectionError('lost')],
    ['a lost connection that kafkajs wrapped', caused(new KafkaJSConnectionError('lost'))],
    ['too many tries', new KafkaJSNumberOfRetriesExceeded(new Error('x'), { retryCount: 1, retryTime: 1 })],
    ['a refused connection, as Node says it', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })],
    ['one of another realm', { name: 'Error', message: 'write EPIPE', code: 'EPIPE' }],
    ['a deadline of ours', new EventStreamError('KAFKA_UNAVAILABLE', 'no answer')],
    ['a forgotten member', protocol('UNKNOWN_MEMBER_ID', false)],
  ])('waits after %s', (_, error) => expect(isKafkaAway(error)).toBe(true));

  it.each([
    ['a bug', new TypeError('x is undefined')],
    ['a bug that kafkajs wrapped', caused(new TypeError('x is undefined'))],
    ['a missing right', protocol('GROUP_AUTHORIZATION_FAILED', false)],
    ['an error of nobody', new Error('?')],
    ['no error', null],
  ])('gives up after %s', (_, error) => expect(isKafkaAway(error)).toBe(false));
});

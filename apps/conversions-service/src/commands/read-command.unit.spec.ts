import { readCommand } from './read-command.js';

const record = {
  specversion: '1.0',
  id: 'c-1',
  source: '/crm',
  type: 'RecordConversion',
  time: '2026-03-01T10:00:00Z',
  data: { offerId: 1, affiliateId: 2, status: 'done', transactionId: 't:1' },
};
const read = (key: string | null, event: unknown) =>
  readCommand({
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)),
  });

describe('readCommand', () => {
  it('reads a command under its key, a colon in the transaction id included', () => {
    expect(read('1:t:1', record)).toMatchObject({ ok: true, command: { type: 'RecordConversion', data: { transactionId: 't:1' } } });
  });

  it.each([
    ['no key', null, record, /^key-missing: .*"1:t:1"/],
    ['another key', '2:t:1', record, /^key-mismatch: .*"1:t:1", not "2:t:1"/],
    ['bad JSON', '1:t:1', '{"type":', /^unreadable: not JSON/],
    ['an unknown type', '1:t:1', { ...record, type: 'Refund' }, /^unreadable: unknown event type "Refund"/],
    ['a half-written event', '1:t:1', { ...record, data: undefined }, /^unreadable: data/],
    ['an unknown field', '1:t:1', { ...record, data: { ...record.data, colour: 1 } }, /^unreadable: .*colour/],
    ['no transaction id', '1:', { ...record, data: { ...record.data, transactionId: undefined } }, /^unreadable: data.transactionId/],
  ])('says why %s is a dead letter', (_, key, event, reason) => {
    const answer = read(key, event);
    expect(answer.ok ? '' : answer.reason).toMatch(reason);
  });
});

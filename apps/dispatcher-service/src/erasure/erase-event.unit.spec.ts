import { encodeEvent } from '@ringback/contracts';
import { conversionCreated } from '../testing/conversion-event.js';
import { eraseEvent, eraseStoredEvent } from './erase-event.js';

const personal = { ip: '203.0.113.24', userId: 'u-77120', params: { plan: 'gold' } };

describe('an event whose conversion is erased', () => {
  const event = conversionCreated({ revision: 3, conversion: { ...personal, clickId: 'c-1', sub1: 'banner' } });
  const bytes = encodeEvent(event);

  it('keeps all but personal fields, in memory and as it is stored', () => {
    const inHand = { event, bytes, recordedAtMs: 1 };
    eraseEvent(inHand, Date.parse('2026-03-01T12:00:00.000Z'));
    const { conversion } = inHand.event.data;
    expect(conversion).toMatchObject({ clickId: 'c-1', sub1: 'banner', erasedAt: '2026-03-01T12:00:00.000Z' });
    expect(Object.keys(conversion)).not.toEqual(expect.arrayContaining(Object.keys(personal)));
    expect(inHand.bytes.toString()).toBe(JSON.stringify(inHand.event));
    for (const value of ['203.0.113.24', 'u-77120', 'gold']) expect(inHand.bytes.toString()).not.toContain(value);
  });

  it('is erased once, and what cannot be read is not taken for erased', () => {
    const erased = eraseStoredEvent(bytes, '2026-03-01T12:00:00.000Z')!;
    expect(erased.toString()).not.toContain('gold');
    expect(eraseStoredEvent(erased, '2026-04-01T12:00:00.000Z')).toBeNull();
    expect(eraseStoredEvent(Buffer.from('{'), '2026-04-01T12:00:00.000Z')).toBeNull();
  });
});

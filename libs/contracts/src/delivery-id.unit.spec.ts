import { deliveryId, deliveryIdFloor, deliveryRecordedAt, redeliveredId } from './delivery-id.js';

describe('a delivery id', () => {
  const at = Date.parse('2026-03-01T12:00:00.123Z');

  it('is a UUIDv8 of the recorded time and the hash of event and callback', () => {
    // sha256('event-1:7') begins with the digits after the time, but for the version and variant bits.
    expect(deliveryId(at, 'event-1', 7)).toBe('019ca945-0a7b-82bd-916d-41446c96093c');
    expect(deliveryId(at, 'event-1', 7)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('is the same for the same event and callback, another for any other', () => {
    expect(deliveryId(at, 'event-1', 7)).toBe(deliveryId(at, 'event-1', 7));
    const ids = [
      deliveryId(at, 'event-1', 7),
      deliveryId(at, 'event-1', 8),
      deliveryId(at, 'event-2', 7),
      deliveryId(at + 1, 'event-1', 7),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  it('tells when the event was recorded, and sorts by it', () => {
    expect(deliveryRecordedAt(deliveryId(at, 'event-1', 7))).toBe(at);
    expect(deliveryId(at, 'event-1', 7) < deliveryId(at + 1, 'event-1', 7)).toBe(true);
    expect(deliveryIdFloor(at) <= deliveryId(at, 'event-1', 7)).toBe(true);
    expect(deliveryIdFloor(at + 1) > deliveryId(at, 'event-1', 7)).toBe(true);
  });

  it('of a delivery sent again as a new one is a UUIDv8 of the redelivery: the same for the same, another for any other', () => {
    const id = redeliveredId(at, 'redelivery-1', 'delivery-1');
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(deliveryRecordedAt(id)).toBe(at);
    expect(redeliveredId(at, 'redelivery-1', 'delivery-1')).toBe(id);
    expect(redeliveredId(at, 'redelivery-2', 'delivery-1')).not.toBe(id);
    expect(redeliveredId(at, 'redelivery-1', 'delivery-2')).not.toBe(id);
  });
});

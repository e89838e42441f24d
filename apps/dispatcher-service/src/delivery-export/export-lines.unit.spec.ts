import type { Delivery } from '@ringback/contracts';
import { exportHead, exportLines } from './export-lines.js';

const delivery: Delivery = {
  id: '01941f29-8000-8b21-a4c3-9d7e6f5a4b3c',
  eventId: 'e-1',
  eventType: 'StatusChanged',
  conversionId: '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7',
  conversionVersion: 2,
  offerId: 1,
  affiliateId: 2,
  callbackId: 3,
  conversionStatus: 'done',
  status: 'exhausted',
  attempts: 4,
  httpStatus: null,
  destination: 'https://t.example:443',
  error: 'answered "no", twice',
  recordedAt: '2026-01-01T12:00:00.000Z',
  settledAt: '2026-01-01T12:00:01.000Z',
  nextAttemptAt: null,
  redeliveryOf: null,
};

describe('lines of an export', () => {
  it('are deliveries as the list shows them, in NDJSON', () => {
    expect(exportHead('ndjson')).toBe('');
    const lines = exportLines([delivery, { ...delivery, error: 'two\nlines' }], 'ndjson').split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0]!)).toEqual(delivery);
    expect(JSON.parse(lines[1]!)).toMatchObject({ error: 'two\nlines' });
  });

  it('have a name for each cell, in CSV, and quote what needs it', () => {
    const names = exportHead('csv').trim().split(',');
    expect([...names].toSorted()).toEqual(Object.keys(delivery).toSorted());
    const line = exportLines([delivery], 'csv');
    expect(line).toBe(
      '01941f29-8000-8b21-a4c3-9d7e6f5a4b3c,2026-01-01T12:00:00.000Z,2026-01-01T12:00:01.000Z,exhausted,,4,1,2,3,' +
        '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7,2,done,StatusChanged,e-1,https://t.example:443,,,"answered ""no"", twice"\r\n',
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])('are no formula of a spreadsheet: %j', (error) => {
    const line = exportLines([{ ...delivery, error }], 'csv');
    expect(line.slice(line.lastIndexOf(',') + 1).replace(/^"/, '')).toMatch(/^'/);
    expect(line).toContain(`'${error}`);
  });
});

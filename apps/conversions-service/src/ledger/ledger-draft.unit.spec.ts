import {
  commandRejectedSchema,
  decodeConversionEvent,
  type ChangeStatus,
  type Conversion,
  type ConversionInput,
  type ConversionEvent,
} from '@ringback/contracts';
import { KnownLedger, type WaitingCommand } from './known-ledger.js';
import { LedgerDraft, type DraftOptions, type RecordOutcome } from './ledger-draft.js';
import { conflict, notFound, type Refusal } from './refusal.js';
import { UuidV7Source } from './uuid-v7-source.js';

const NOW = Date.parse('2026-03-01T10:00:00.000Z');
const input: ConversionInput = { offerId: 1, affiliateId: 2, status: 'pending' };
const sold: ConversionInput = { ...input, transactionId: 't-1', payout: '1.50', currency: 'EUR', params: { a: '1' } };
const key = { source: '', key: 'k-1' };

function draftOf(options: Partial<DraftOptions> = {}): LedgerDraft {
  return new LedgerDraft({ known: new KnownLedger(), revision: 7, check: () => null, ids: new UuidV7Source(), nowMs: NOW, ...options });
}

function conversionOf(outcome: RecordOutcome): Conversion {
  if (outcome.outcome === 'refused') throw new Error(`refused: ${outcome.detail}`);
  return outcome.conversion;
}

function paths(outcome: RecordOutcome | Refusal | null): string[] {
  return outcome?.outcome === 'refused' ? outcome.errors.map(({ path }) => path) : [];
}

function eventsOf(draft: LedgerDraft): ConversionEvent[] {
  return draft.writes().events.map(({ value }) => {
    const decoded = decodeConversionEvent(value);
    if (!decoded.ok) throw new Error(decoded.reason);
    return decoded.event;
  });
}

function changeCommand(id: string, status: Conversion['status'], transactionId = 't-1'): ChangeStatus {
  const data = { offerId: 1, transactionId, status };
  return { specversion: '1.0', id, source: '/crm', type: 'ChangeStatus', time: '2026-03-01T10:00:00Z', data };
}

/** A ledger that holds what the draft wrote. */
function written(record: ConversionInput, recordKey: typeof key | null = null): { known: KnownLedger; conversion: Conversion } {
  const draft = draftOf();
  const conversion = conversionOf(draft.record(record, recordKey));
  const known = new KnownLedger();
  known.put({ conversion, first: { status: conversion.status, rejectReason: conversion.rejectReason } });
  for (const { source, key: name, held } of draft.writes().keys) known.hold({ source, key: name }, held);
  return { known, conversion };
}

describe('recording a conversion', () => {
  it('writes the conversion, its history and one event that carries it whole with the revision', () => {
    const draft = draftOf();
    const conversion = conversionOf(draft.record(sold, key));
    expect(conversion).toMatchObject({ ...sold, version: 1, goalId: null, createdAt: '2026-03-01T10:00:00.000Z' });
    const [event, ...others] = eventsOf(draft);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: 'ConversionCreated', time: conversion.createdAt, data: { revision: 7, conversion } });
    const { created, createdHistory, keys, events } = draft.writes();
    expect(created).toEqual([conversion]);
    expect(createdHistory).toMatchObject([{ eventId: event!.id, version: 1, previousStatus: null, status: 'pending', revision: 7 }]);
    expect(keys).toMatchObject([{ ...key, conversionId: conversion.id }]);
    expect(events[0]!.key).toBe(conversion.id);
  });

  it('writes nothing for what the configuration refuses', () => {
    const draft = draftOf({ check: () => conflict('archived', 'offerId') });
    expect(draft.record(sold, key)).toMatchObject({ outcome: 'refused', kind: 'conflict' });
    expect(draft.isEmpty).toBe(true);
  });

  it.each([
    ['the same key', sold, key],
    ['the same transaction within the offer', sold, null],
    ['the same transaction under another key', sold, { source: '', key: 'k-2' }],
  ])('answers %s with the first conversion, also when the offer takes none any more', (_, repeat, repeatKey) => {
    const { known, conversion } = written(sold, key);
    const draft = draftOf({ known, check: () => conflict('archived', 'offerId') });
    expect(draft.record(repeat, repeatKey)).toEqual({ outcome: 'repeated', conversion });
    expect(draft.writes().events).toEqual([]);
  });

  it('lets a new key that repeated a transaction stand for its conversion from then on', () => {
    const { known, conversion } = written(sold);
    const draft = draftOf({ known });
    draft.record(sold, key);
    expect(draft.writes().keys).toMatchObject([{ ...key, conversionId: conversion.id }]);
    expect(paths(draft.record({ ...sold, transactionId: 't-2' }, key))).toEqual(['transactionId']);
  });

  it('takes the same transactionId in another offer', () => {
    const { known } = written(sold);
    expect(draftOf({ known }).record({ ...sold, offerId: 9 }, null).outcome).toBe('recorded');
  });

  it.each<[string, Partial<ConversionInput>, string[]]>([
    ['an amount', { payout: '1.51' }, ['payout']],
    ['the status', { status: 'done' }, ['status']],
    ['the affiliate and a field left out', { affiliateId: 3, currency: undefined }, ['affiliateId', 'currency']],
    ['a goal', { goalId: 4 }, ['goalId']],
    ['one of the params', { params: { a: '1', b: '2' } }, ['params.b']],
    ['another offer', { offerId: 5 }, ['offerId']],
  ])('refuses a repeat that differs in %s, naming it', (_, difference, expected) => {
    const { known } = written(sold, key);
    const outcome = draftOf({ known }).record({ ...sold, ...difference }, key);
    expect(outcome).toMatchObject({ outcome: 'refused', kind: 'invalid' });
    expect(paths(outcome)).toEqual(expected);
  });

  it('compares a repeat with what was first reported, not with the status of today', () => {
    const { known, conversion } = written(sold, key);
    draftOf({ known }).changeStatus(conversion.id, { status: 'done' });
    const repeat = draftOf({ known }).record(sold, key);
    expect(repeat).toMatchObject({ outcome: 'repeated', conversion: { status: 'done', version: 2 } });
  });

  it('takes the same moment told in two time zones for the same', () => {
    const { known, conversion } = written({ ...sold, clickTime: '2026-03-01T12:00:00+02:00' }, key);
    expect(conversion.clickTime).toBe('2026-03-01T10:00:00.000Z');
    expect(draftOf({ known }).record({ ...sold, clickTime: '2026-03-01T10:00:00Z' }, key).outcome).toBe('repeated');
  });

  it('finds duplicates among the requests of one transaction', () => {
    const draft = draftOf();
    const first = conversionOf(draft.record(sold, key));
    expect(draft.record(sold, key)).toEqual({ outcome: 'repeated', conversion: first });
    expect(draft.record(sold, null)).toEqual({ outcome: 'repeated', conversion: first });
    expect(paths(draft.record({ ...sold, payout: '2' }, null))).toEqual(['payout']);
    expect(draft.writes().created).toHaveLength(1);
  });

  it('refuses what would not fit into a message, naming the longest field', () => {
    const params = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`p${index}`, '€'.repeat(2048)]));
    const draft = draftOf();
    expect(paths(draft.record({ ...input, params }, key))).toEqual(['params']);
    expect(draft.isEmpty).toBe(true);
  });
});

describe('changing a status', () => {
  it('raises the version and writes one event with the previous status', () => {
    const { known, conversion } = written(sold);
    const draft = draftOf({ known, nowMs: NOW + 5_000, revision: 9 });
    const { conversion: changed } = draft.changeStatus(conversion.id, { status: 'rejected', rejectReason: 'fraud' });
    expect(changed).toEqual({ ...conversion, version: 2, status: 'rejected', rejectReason: 'fraud', statusAt: '2026-03-01T10:00:05.000Z' });
    expect(eventsOf(draft)).toMatchObject([
      { type: 'StatusChanged', time: changed.statusAt, data: { revision: 9, previousStatus: 'pending', conversion: changed } },
    ]);
    expect(draft.writes().changed).toEqual([changed]);
  });

  it('rule 1: to the same status it is no update, and nothing is written', () => {
    const { known, conversion } = written(sold);
    const draft = draftOf({ known });
    expect(draft.changeStatus(conversion.id, { status: 'pending' })).toEqual({ outcome: 'unchanged', conversion });
    expect(draft.isEmpty).toBe(true);
  });

  it('applies several changes of one conversion in their order and keeps all of the history', () => {
    const { known, conversion } = written(sold);
    const draft = draftOf({ known });
    for (const status of ['done', 'done', 'rejected', 'pending'] as const) draft.changeStatus(conversion.id, { status });
    expect(draft.writes().changed).toMatchObject([{ version: 4, status: 'pending' }]);
    expect(draft.writes().changedHistory.map(({ version, previousStatus, status }) => [version, previousStatus, status])).toEqual([
      [2, 'pending', 'done'],
      [3, 'done', 'rejected'],
      [4, 'rejected', 'pending'],
    ]);
  });

  it('dates no change before the one before it, whichever clock that was of', () => {
    const { known, conversion } = written(sold);
    const { conversion: changed } = draftOf({ known, nowMs: NOW - 600_000 }).changeStatus(conversion.id, { status: 'done' });
    expect(changed.statusAt).toBe(conversion.statusAt);
  });
});

describe('a ChangeStatus command', () => {
  it('changes the conversion of its transaction and holds its key', () => {
    const { known, conversion } = written(sold);
    const draft = draftOf({ known });
    expect(draft.changeByCommand(changeCommand('c-1', 'done'), NOW + 60_000)).toBeNull();
    expect(draft.writes()).toMatchObject({
      changed: [{ version: 2, status: 'done' }],
      keys: [{ key: 'c-1', conversionId: conversion.id }],
    });
  });

  it('writes nothing when it is repeated, and is refused when it then differs', () => {
    const { known } = written(sold);
    draftOf({ known }).changeByCommand(changeCommand('c-1', 'done'), NOW);
    const draft = draftOf({ known });
    expect(draft.changeByCommand(changeCommand('c-1', 'done'), NOW)).toBeNull();
    expect(paths(draft.changeByCommand(changeCommand('c-1', 'rejected'), NOW))).toEqual(['status']);
    expect(draft.isEmpty).toBe(true);
  });

  it('is refused when a RecordConversion had its source and id, and the other way round', () => {
    const { known } = written(sold, { source: '/crm', key: 'c-1' });
    expect(paths(draftOf({ known }).changeByCommand(changeCommand('c-1', 'done'), NOW))).toEqual(['type']);
    const draft = draftOf({ known });
    draft.changeByCommand(changeCommand('c-2', 'done'), NOW);
    expect(paths(draft.record(sold, { source: '/crm', key: 'c-2' }))).toEqual(['type']);
  });

  it('waits for an unknown transaction, once', () => {
    const draft = draftOf();
    draft.changeByCommand(changeCommand('c-1', 'done'), NOW + 60_000);
    draft.changeByCommand(changeCommand('c-1', 'done'), NOW + 60_000);
    expect(draft.writes()).toMatchObject({ newWaiting: [{ commandId: 'c-1', expiresAtMs: NOW + 60_000 }], events: [] });
  });

  it('is applied right after its conversion, in the order of arrival, and later ones stay behind it', () => {
    const known = new KnownLedger();
    known.addWaiting(waiting(11, 'c-1', 'done'));
    known.addWaiting(waiting(12, 'c-2', 'rejected'));
    const draft = draftOf({ known });
    draft.record(sold, null);
    draft.changeByCommand(changeCommand('c-3', 'pending'), NOW);
    expect(eventsOf(draft).map(({ data }) => data.conversion.status)).toEqual(['pending', 'done', 'rejected', 'pending']);
    expect(draft.writes()).toMatchObject({ created: [{ version: 4 }], changed: [], answeredWaiting: [11, 12] });
  });

  it('goes behind one that still waits although the conversion is there', () => {
    const { known } = written(sold);
    known.addWaiting(waiting(11, 'c-1', 'done'));
    const draft = draftOf({ known });
    draft.changeByCommand(changeCommand('c-2', 'rejected'), NOW);
    expect(eventsOf(draft).map(({ data }) => data.conversion.status)).toEqual(['done', 'rejected']);
  });

  it('that waited and is served within one batch is not stored as waiting', () => {
    const draft = draftOf();
    draft.changeByCommand(changeCommand('c-1', 'done'), NOW);
    draft.changeByCommand(changeCommand('c-2', 'done', 't-other'), NOW);
    draft.record(sold, null);
    expect(draft.writes()).toMatchObject({
      created: [{ version: 2, status: 'done' }],
      newWaiting: [{ commandId: 'c-2' }],
      answeredWaiting: [],
    });
  });

  it('that waited in vain is refused under its own key', () => {
    const draft = draftOf();
    draft.refuseWaiting(waiting(11, 'c-1', 'done'), notFound('no such transaction', 'transactionId'));
    const { rejections, answeredWaiting } = draft.writes();
    expect(answeredWaiting).toEqual([11]);
    expect(rejections[0]!.key).toBe('1:t-1');
    expect(commandRejectedSchema.parse(JSON.parse(rejections[0]!.value.toString('utf8'))).data).toMatchObject({
      commandId: 'c-1',
      commandSource: '/crm',
      commandType: 'ChangeStatus',
      transactionId: 't-1',
      errors: [{ path: 'transactionId' }],
    });
  });
});

function waiting(seq: number, commandId: string, status: Conversion['status']): WaitingCommand {
  return { seq, source: '/crm', commandId, request: { offerId: 1, transactionId: 't-1', status }, expiresAtMs: NOW + 60_000 };
}

import { apiKeyRecordKey, decodeApiKeyEvent, type ApiKeyChanged } from './api-key-events.js';
import { decodeConversionCommand } from './conversion-commands.js';
import { conversionInputSchema, type Conversion } from './conversion.js';
import { decodeConversionEvent, type ConversionCreated } from './conversion-events.js';
import { encodeEvent } from './cloud-event.js';
import { configurationKey, decodeConfigurationEvent, parseConfigurationKey, type ConfigurationEvent } from './configuration-events.js';
import { decodeDeliveryAnnouncement, deliveryAnnouncementKey, type DeliveryAnnouncement } from './delivery-announcements.js';
import { decodeCursor, encodeCursor } from './http/paging.js';
import { fieldErrors } from './http/problem.js';
import { z } from 'zod';

const conversion: Conversion = {
  id: '0190c0de-0000-7000-8000-000000000001',
  version: 1,
  offerId: 1,
  affiliateId: 2,
  goalId: null,
  status: 'pending',
  rejectReason: null,
  clickId: 'c-1',
  params: { a: 'b' },
  createdAt: '2026-03-01T12:00:00.000Z',
  statusAt: '2026-03-01T12:00:00.000Z',
};
const created: ConversionCreated = {
  specversion: '1.0',
  id: '0190c0de-0000-7000-8000-00000000000a',
  source: '/ringback/conversions',
  type: 'ConversionCreated',
  subject: conversion.id,
  time: conversion.createdAt,
  datacontenttype: 'application/json',
  data: { revision: 5, conversion },
};

describe('an event', () => {
  it('reads as it was written', () => {
    expect(decodeConversionEvent(encodeEvent(created))).toEqual({ ok: true, event: created });
  });

  it('may carry fields that this reader does not know: they are ignored', () => {
    const newer = { ...created, data: { ...created.data, conversion: { ...conversion, colour: 'red' } }, tracestate: 'a=1' };
    expect(decodeConversionEvent(Buffer.from(JSON.stringify(newer)))).toEqual({ ok: true, event: created });
  });

  it.each([
    ['no value', null, /no value/],
    ['bad JSON', Buffer.from('{"type":'), /not JSON/],
    ['broken UTF-8', Buffer.from([0x22, 0xff, 0x22]), /not JSON/],
    ['no CloudEvent', Buffer.from('[]'), /not a CloudEvent/],
    ['an unknown type', Buffer.from(JSON.stringify({ ...created, type: 'ConversionDreamt' })), /unknown event type "ConversionDreamt"/],
    ['a half-written event', Buffer.from(JSON.stringify({ ...created, data: { revision: 5 } })), /data\.conversion/],
    ['more than 256 KB', Buffer.alloc(256 * 1024 + 1, 0x20), /larger than/],
  ])('that is %s is not read, and the reason says so', (_, value, reason) => {
    expect(decodeConversionEvent(value)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

describe('a command', () => {
  it('needs its transaction id', () => {
    const command = { ...created, type: 'RecordConversion', data: { offerId: 1, affiliateId: 2, status: 'pending' } };
    expect(decodeConversionCommand(Buffer.from(JSON.stringify(command)))).toEqual({
      ok: false,
      reason: expect.stringMatching(/transactionId/),
    });
  });
});

describe('an announcement about deliveries', () => {
  const envelope = { ...created, source: '/ringback/dispatcher' };
  const failing = {
    ...envelope,
    type: 'CallbackFailing',
    data: {
      callbackId: 7,
      version: 2,
      offerId: 1,
      failingSince: created.time,
      failedAttempts: 12,
      days: 1,
      disabledAfter: '2026-03-06T12:00:00.000Z',
    },
  } satisfies DeliveryAnnouncement;

  it('reads as it was written, under the key of its callback', () => {
    expect(decodeDeliveryAnnouncement(encodeEvent(failing))).toEqual({ ok: true, event: failing });
    expect(deliveryAnnouncementKey(failing)).toBe('7');
  });

  it.each([
    ['a warning after two days', { ...failing, data: { ...failing.data, days: 2 } }, /data\.days/],
    ['a callback without its version', { ...failing, type: 'CallbackDisabled', data: { callbackId: 7, reason: 'x' } }, /data\.version/],
  ])('%s is none', (_, event, reason) => {
    expect(decodeDeliveryAnnouncement(Buffer.from(JSON.stringify(event)))).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

describe('a version of an API key', () => {
  const changed: ApiKeyChanged = {
    ...created,
    source: '/ringback/gateway',
    type: 'ApiKeyChanged',
    data: {
      id: 3,
      version: 2,
      name: 'tracker',
      hash: 'ab'.repeat(32),
      role: 'service',
      permissions: ['conversions:read', 'conversions:write'],
      scope: { offerIds: [1, 7] },
      expiresAt: null,
      revokedAt: null,
      changedBy: 'ada@example.com',
      createdAt: created.time,
      updatedAt: created.time,
    },
  };

  it('reads as it was written, under the key of key and version', () => {
    expect(decodeApiKeyEvent(encodeEvent(changed))).toEqual({ ok: true, event: changed });
    expect(apiKeyRecordKey(changed)).toBe('3:2');
  });

  it.each([
    ['that carries the key itself', { hash: 'rbk_secret' }, /data\.hash/],
    ['that does not say how far it reaches', { scope: undefined }, /data\.scope/],
    ['limited to no offers', { scope: { offerIds: [] } }, /data\.scope\.offerIds/],
  ])('%s is none', (_, data, reason) => {
    const event = { ...changed, data: { ...changed.data, ...data } };
    expect(decodeApiKeyEvent(Buffer.from(JSON.stringify(event)))).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

describe('a conversion as reported', () => {
  const paths = (input: unknown) => {
    const parsed = conversionInputSchema.safeParse(input);
    return parsed.success ? [] : fieldErrors(parsed.error).map(({ path }) => path);
  };
  const good = { offerId: 1, affiliateId: 2, status: 'done' };

  it.each([
    ['as little as possible', good, []],
    ['money with its currency', { ...good, payout: '12.50', currency: 'EUR' }, []],
    ['money without one', { ...good, payout: '12.50' }, ['currency']],
    ['money as a number', { ...good, payout: 12.5, currency: 'EUR' }, ['payout']],
    ['an unknown field', { ...good, colour: 'red' }, ['colour']],
    ['a negative id', { ...good, offerId: -1 }, ['offerId']],
    ['an enormous id', { ...good, offerId: 1e20 }, ['offerId']],
    ['NUL in a value', { ...good, sub1: 'a\u0000b' }, ['sub1']],
    ['a lone surrogate in a param', { ...good, params: { a: '\ud800' } }, ['params.a']],
    ['NUL in the key of a param', { ...good, params: { 'a\u0000': 'b' } }, ['params.a\u0000']],
    ['a reason that goes with another status', { ...good, rejectReason: 'fraud' }, ['rejectReason']],
    ['no IP address', { ...good, ip: '1.2.3' }, ['ip']],
  ])('%s', (_, input, expected) => {
    expect(paths(input)).toEqual(expected);
  });
});

describe('the key of a configuration record', () => {
  const versioned = { revision: 9, version: 3, changedBy: 'a', createdAt: conversion.createdAt, updatedAt: conversion.createdAt };
  const envelope = { specversion: '1.0' as const, id: 'x', source: '/ringback/offers', time: conversion.createdAt };
  const affiliate: ConfigurationEvent = { ...envelope, type: 'AffiliateChanged', data: { id: 4, name: 'Ada', ...versioned } };
  const keyring: ConfigurationEvent = { ...envelope, type: 'KeyringChanged', data: { keys: [{ id: 'k', wrapped: 'w' }], ...versioned } };

  it('names kind, id and version, and reads back', () => {
    expect(configurationKey(affiliate)).toBe('affiliate:4:3');
    expect(parseConfigurationKey('affiliate:4:3')).toEqual({ kind: 'affiliate', id: 4, version: 3 });
    expect(configurationKey(keyring)).toBe('keyring:3');
    expect(parseConfigurationKey('keyring:3')).toEqual({ kind: 'keyring', id: 0, version: 3 });
    expect(decodeConfigurationEvent(encodeEvent(affiliate))).toEqual({ ok: true, event: affiliate });
  });

  it.each(['', 'offer:1', 'offer:x:1', 'goal:1:1', 'keyring:1:1', 'offer:1:1:1'])('"%s" is none', (key) => {
    expect(parseConfigurationKey(key)).toBeNull();
  });
});

describe('a cursor', () => {
  it('reads back, and what was never handed out is null', () => {
    const schema = z.object({ id: z.int() });
    expect(decodeCursor(encodeCursor({ id: 5 }), schema)).toEqual({ id: 5 });
    for (const bad of ['', '%%%', 'eyJ4IjoxfQ', Buffer.from('{"id":"5"}').toString('base64url')])
      expect(decodeCursor(bad, schema)).toBeNull();
  });
});

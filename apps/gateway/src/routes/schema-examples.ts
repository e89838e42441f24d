import {
  affiliateSchema,
  batchAnswerSchema,
  callbackDiffSchema,
  callbackSchema,
  callbackTestSchema,
  callbackVersionViewSchema,
  conversionDetailSchema,
  conversionExplanationSchema,
  conversionPageSchema,
  conversionSchema,
  deliveryDetailSchema,
  deliveryPageSchema,
  deliverySchema,
  goalSchema,
  offerSchema,
  previewSchema,
} from '@ringback/contracts';
import type { z } from 'zod';
import {
  affiliatePageSchema,
  callbackPageSchema,
  callbackVersionPageSchema,
  conversionWithDeliveriesSchema,
  goalPageSchema,
  offerPageSchema,
} from './named-schemas.js';

type Example<Schema extends z.ZodType> = z.input<Schema>;

const at = '2026-01-01T12:00:00.000Z';
const eventId = '01b77890-8e00-7a3e-9f10-5c2d8e41b6a6';
const conversionId = '01b77890-8e00-7a3e-9f10-5c2d8e41b6a7';
const deliveryId = '01b77890-8e00-8a56-935a-1533dc9d14b2';
const url = 'https://tracker.example.com/postback?click=c7f3e9a1b2&sum=12.50&key=***';

const affiliate: Example<typeof affiliateSchema> = { id: 7, name: 'Acme Media', version: 1, createdAt: at, updatedAt: at };
const goal: Example<typeof goalSchema> = { id: 3, offerId: 1, name: 'First deposit', archived: false };
const offer: Example<typeof offerSchema> = {
  id: 1,
  name: 'Casino sign-up DE',
  status: 'active',
  goalsEnabled: true,
  goals: [goal],
  callbackCount: 1,
  version: 3,
  createdAt: at,
  updatedAt: at,
};
const callback: Example<typeof callbackSchema> = {
  id: 12,
  offerId: 1,
  name: 'Main tracker',
  affiliateId: 7,
  goalId: null,
  conversionStatus: 'done',
  url: 'https://tracker.example.com/postback?click={click_id}&sum={payout}',
  httpType: 'GET',
  basicAuth: null,
  requestParams: [{ name: 'key', set: true, type: 'string', secret: true }],
  requestHeaders: [],
  enabled: true,
  disabledReason: null,
  retry: 'standard',
  timeoutMs: 10_000,
  maxPerSecond: null,
  ordering: 'none',
  signingSecrets: [],
  version: 2,
  createdAt: at,
  updatedAt: at,
};
const changes = [{ path: 'timeoutMs', before: 5_000, after: 10_000 }];
const version: Example<typeof callbackVersionViewSchema> = {
  ...callback,
  revision: 14,
  changedBy: 'ada@example.com',
  deletedAt: null,
  changes,
};

const conversion: Example<typeof conversionSchema> = {
  id: conversionId,
  version: 1,
  offerId: 1,
  affiliateId: 7,
  goalId: null,
  status: 'done',
  rejectReason: null,
  transactionId: 'T-100042',
  clickId: 'c7f3e9a1b2',
  payout: '12.50',
  currency: 'EUR',
  createdAt: at,
  statusAt: at,
};
const detail: Example<typeof conversionDetailSchema> = {
  ...conversion,
  history: [{ eventId, version: 1, status: 'done', previousStatus: null, rejectReason: null, revision: 14, at }],
};

const delivery: Example<typeof deliverySchema> = {
  id: deliveryId,
  eventId,
  eventType: 'ConversionCreated',
  conversionId,
  conversionVersion: 1,
  offerId: 1,
  affiliateId: 7,
  callbackId: 12,
  conversionStatus: 'done',
  status: 'delivered',
  attempts: 1,
  httpStatus: 200,
  destination: 'https://tracker.example.com:443',
  error: null,
  recordedAt: at,
  settledAt: '2026-01-01T12:00:00.120Z',
  nextAttemptAt: null,
  redeliveryOf: null,
};
/** What a request with this `webhook-id` brought. */
const exchange = (webhookId: string) => ({
  httpStatus: 200,
  error: null,
  durationMs: 120,
  timing: { dnsMs: 1.2, connectMs: 18.3, tlsMs: 24.1, firstByteMs: 76.4, totalMs: 120 },
  request: {
    method: 'GET',
    url,
    headers: [{ name: 'webhook-id', value: webhookId }],
    body: null,
    truncated: false,
    curl: `curl --globoff --path-as-is '${url}' --header 'webhook-id: ${webhookId}'`,
  },
  response: {
    headers: [{ name: 'content-type', value: 'text/plain' }],
    body: { text: 'OK', bytes: 2, truncated: false },
    truncated: false,
  },
});

const explanation: Example<typeof conversionExplanationSchema> = {
  conversionId,
  offer: { id: 1, name: offer.name },
  affiliate: { id: 7, name: affiliate.name },
  goal: null,
  items: [
    {
      eventId,
      type: 'ConversionCreated',
      version: 1,
      status: 'done',
      previousStatus: null,
      revision: 14,
      recordedAt: at,
      goalsEnabled: true,
      callbacks: [
        {
          callbackId: 13,
          name: 'Pixel',
          version: { number: 1, revision: 11, changedBy: 'ada@example.com', changedAt: at },
          fires: false,
          reason: 'it waits for status pending, the conversion was done',
          conditions: [
            {
              condition: 'status',
              state: 'unmet',
              expected: 'pending',
              actual: 'done',
              reason: 'it waits for status pending, the conversion was done',
            },
          ],
          delivery: null,
        },
      ],
      callbacksNotShown: 0,
    },
  ],
  nextCursor: null,
  missing: null,
};

const page = <Item>(item: Item) => ({ items: [item], nextCursor: null });
/** The types hold an example and its schema together. */
const pair = <Schema extends z.ZodType>(schema: Schema, example: Example<Schema>): [z.ZodType, unknown] => [schema, example];

const EXAMPLES = new Map<z.ZodType, unknown>([
  pair(affiliateSchema, affiliate),
  pair(affiliatePageSchema, page(affiliate)),
  pair(offerSchema, offer),
  pair(offerPageSchema, page(offer)),
  pair(goalSchema, goal),
  pair(goalPageSchema, page(goal)),
  pair(callbackSchema, callback),
  pair(callbackPageSchema, page(callback)),
  pair(callbackVersionPageSchema, page(version)),
  pair(callbackDiffSchema, { from: 1, to: 2, changes }),
  pair(previewSchema, { method: 'GET', url, headers: [], body: null, warnings: [] }),
  pair(callbackTestSchema, {
    webhookId: 'test_2233e05f-eef3-4f67-aaa6-7099f4d1f996',
    result: 'delivered',
    warnings: [],
    ...exchange('test_2233e05f-eef3-4f67-aaa6-7099f4d1f996'),
  }),
  pair(conversionSchema, conversion),
  pair(conversionPageSchema, { ...page(conversion), searchedThrough: null }),
  pair(conversionDetailSchema, detail),
  pair(conversionWithDeliveriesSchema, { ...detail, deliveries: [delivery], deliveriesCursor: null }),
  pair(conversionExplanationSchema, explanation),
  pair(batchAnswerSchema, {
    items: [
      { status: 201, conversion },
      {
        status: 422,
        problem: {
          type: 'about:blank',
          title: 'Unprocessable Content',
          status: 422,
          detail: 'The conversion names something that does not exist.',
          errors: [{ path: 'offerId', message: 'there is no offer 999' }],
        },
      },
    ],
  }),
  pair(deliverySchema, delivery),
  pair(deliveryPageSchema, { ...page(delivery), searchedThrough: null }),
  pair(deliveryDetailSchema, {
    ...delivery,
    attemptLog: [{ number: 1, startedAt: at, exchangeLost: false, ...exchange(deliveryId) }],
  }),
]);

/** @returns an example of what every answer with this schema looks like, or undefined where each route has its own. */
export function exampleOf(schema: z.ZodType): unknown {
  return EXAMPLES.get(schema);
}

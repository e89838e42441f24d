import { randomUUID } from 'node:crypto';
import { classifyResponse, newestEventOf, sampleEventFor } from '@ringback/callbacks';
import type { CallbackTest, CallbackTestRequest } from '@ringback/contracts';
import type { CallbackIndex } from '../callback-index/callback-index.js';
import { CompiledCallbacks } from '../callback-index/compiled-callbacks.js';
import type { IndexedCallback } from '../callback-index/indexed-callback.js';
import { shownExchange, shownMs } from '../delivery-log/shown-exchange.js';
import type { OutgoingRequest, SendResult } from '../delivery/http-sender.js';
import { prepareRequest, randomHex, type PreparedRequest } from '../delivery/prepare-request.js';
import { attemptOutcome, maskedExchange } from '../delivery/read-result.js';
import { MAX_BAD_EXCHANGE_BYTES } from '../recording/exchange.js';

/** Each holds a connection and somebody's browser: people test one at a time. */
export const MAX_TESTS_AT_ONCE = 8;
/** Callbacks kept compiled: those under test just now. */
const MAX_COMPILED = 100;

export interface CallbackTestsOptions {
  readonly index: CallbackIndex;
  /** Reads all of the configuration that was acknowledged until now; false when that cannot be told. */
  readonly catchUp: () => Promise<boolean>;
  readonly send: (request: OutgoingRequest, done: (result: SendResult) => void) => void;
  readonly userAgent: string;
  readonly now: () => number;
  readonly monotonic: () => number;
}

export type CallbackTestEnd =
  | { readonly kind: 'tested'; readonly test: CallbackTest }
  /** Deleted, never there, or of another offer. */
  | { readonly kind: 'no-callback' }
  /** Not known here, and the newest configuration cannot be read just now. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'too-many' };

/**
 * Sends one request of a callback now, made and sent as those of deliveries are, and shows what came of it. It counts nowhere: it takes no
 * turn in a lane, tells no breaker, is neither logged nor tried again. A disabled callback can be tested too.
 */
export class CallbackTests {
  readonly #compiled = new CompiledCallbacks(MAX_COMPILED);
  #underWay = 0;

  constructor(private readonly options: CallbackTestsOptions) {}

  /** @param request the conversion whose newest event is told; none: the sample, made one that meets the callback's conditions */
  async run(offerId: number, callbackId: number, request: CallbackTestRequest): Promise<CallbackTestEnd> {
    if (this.#underWay >= MAX_TESTS_AT_ONCE) return { kind: 'too-many' };
    this.#underWay++;
    try {
      // Who has just saved a callback tests that one. While Kafka is away, the newest that was read is tested, as it is delivered by.
      const isNewest = await this.options.catchUp();
      const today = this.options.index.today(callbackId);
      if (today.kind === 'deleted') return { kind: isNewest ? 'no-callback' : 'unknown' };
      if (today.callback.offerId !== offerId) return { kind: 'no-callback' };
      return { kind: 'tested', test: await this.#test(today.callback, request) };
    } finally {
      this.#underWay--;
    }
  }

  async #test(callback: IndexedCallback, { conversion, event: newest }: CallbackTestRequest): Promise<CallbackTest> {
    const { index, now, monotonic } = this.options;
    const webhookId = `test_${randomUUID()}`;
    const event = conversion === undefined ? sampleEventFor(callback.offerId, callback) : newestEventOf(conversion, newest);
    const { offerId, affiliateId, goalId } = event.data.conversion;
    const names = index.names(offerId, affiliateId, goalId);
    const ready = this.#compiled.get(callback, index.keyring);
    const prepared = prepareRequest(
      ready,
      {
        event,
        callbackId: callback.id,
        offerName: names.offer,
        affiliateName: names.affiliate,
        goalName: names.goal,
        deliveryId: webhookId,
        attempt: 1,
        sentAtMs: now(),
        random: randomHex,
      },
      this.options.userAgent,
    );
    if (!prepared.ok) return { ...NOT_SENT, webhookId, error: `cannot be rendered: ${prepared.reason}` };
    const startedAt = monotonic();
    const result = await new Promise<SendResult>((resolve) => this.options.send(prepared.outgoing, resolve));
    return this.#shown(webhookId, prepared, result, monotonic() - startedAt);
  }

  #shown(webhookId: string, { rendered, ownHeaders, outgoing }: PreparedRequest, result: SendResult, durationMs: number): CallbackTest {
    const classification = classifyResponse(attemptOutcome(result, outgoing.timeoutMs), this.options.now());
    return {
      webhookId,
      result: classification.result,
      error: classification.result === 'delivered' ? null : rendered.mask(classification.reason),
      warnings: [...rendered.warnings],
      durationMs: shownMs(durationMs),
      httpStatus: result.kind === 'answered' ? result.status : null,
      ...shownExchange(maskedExchange(rendered, ownHeaders, result, MAX_BAD_EXCHANGE_BYTES), durationMs),
    };
  }
}

const NOT_SENT = {
  result: 'unrenderable',
  warnings: [],
  durationMs: null,
  timing: null,
  httpStatus: null,
  request: null,
  response: null,
} as const satisfies Partial<CallbackTest>;

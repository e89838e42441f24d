import { conversionBatchItemSchema, fieldErrors, statusBatchItemSchema, type BatchAnswer, type Conversion } from '@ringback/contracts';
import { reaches, type Actor } from '@ringback/service-runtime';
import type { z } from 'zod';
import { unknownOffer } from '../configuration/check-recording.js';
import { changeStatuses } from '../ledger/change-statuses.js';
import type { LedgerContext } from '../ledger/ledger-context.js';
import { recordConversions } from '../ledger/record-conversions.js';
import { invalid, type Refusal } from '../ledger/refusal.js';
import { refusalAnswer, refusalError } from './refusal-problem.js';

type Outcome = { readonly outcome: 'recorded' | 'repeated' | 'changed' | 'unchanged'; readonly conversion: Conversion } | Refusal;

/** `POST /v1/conversions/batch`. @throws {ProblemError} 503 when none of the items that are well formed could be taken for now. */
export async function recordBatch(
  context: LedgerContext,
  items: readonly unknown[],
  actor: Actor,
  traceparent?: string,
): Promise<BatchAnswer> {
  return answerEach(items, conversionBatchItemSchema, async (good) => {
    const reached = good.filter(({ offerId }) => reaches(actor, offerId));
    const outcomes = await recordConversions(
      context,
      reached.map(({ idempotencyKey, ...input }) => ({
        input,
        key: idempotencyKey === undefined ? null : { source: '', key: idempotencyKey },
        traceparent,
      })),
    );
    const next = outcomes.values();
    return good.map(({ offerId }) => (reaches(actor, offerId) ? next.next().value! : unknownOffer(offerId)));
  });
}

/** `POST /v1/conversions/statuses`. @throws {ProblemError} 503 when none of the items that are well formed could be taken for now. */
export async function changeBatch(
  context: LedgerContext,
  items: readonly unknown[],
  actor: Actor,
  traceparent?: string,
): Promise<BatchAnswer> {
  return answerEach(items, statusBatchItemSchema, (good) =>
    changeStatuses(
      context,
      good.map(({ id, ...change }) => ({ id, change })),
      actor,
      traceparent,
    ),
  );
}

/** Checks each item by itself, works the good ones together, and answers all in their order. */
async function answerEach<Schema extends z.ZodType>(
  items: readonly unknown[],
  schema: Schema,
  work: (good: z.output<Schema>[]) => Promise<readonly Outcome[]>,
): Promise<BatchAnswer> {
  const checked = items.map((item) => schema.safeParse(item));
  const good = checked.flatMap((item) => (item.success ? [item.data] : []));
  const outcomes = good.length === 0 ? [] : await work(good);
  const down = outcomes.find((outcome): outcome is Refusal => outcome.outcome === 'refused' && outcome.kind === 'unavailable');
  if (down !== undefined && outcomes.every((outcome) => outcome.outcome === 'refused' && outcome.kind === 'unavailable'))
    throw refusalError(down);
  const next = outcomes.values();
  return {
    items: checked.map((item) =>
      item.success ? answer(next.next().value!) : refusalAnswer(invalid('The item is not valid.', fieldErrors(item.error))),
    ),
  };
}

function answer(outcome: Outcome): BatchAnswer['items'][number] {
  if (outcome.outcome === 'refused') return refusalAnswer(outcome);
  return { status: outcome.outcome === 'recorded' ? 201 : 200, conversion: outcome.conversion };
}

import { Injectable } from '@nestjs/common';
import { explainCallback, type MatchedEvent } from '@ringback/callbacks';
import { MAX_EXPLAINED_CALLBACKS, type CallbackExplanation, type ExplanationAnswer, type ExplanationRequest } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { DataSource, In, type EntityManager } from 'typeorm';
import { AffiliateEntity } from '../affiliates/affiliate.entity.js';
import { CallbackEntity } from '../callbacks/callback.entity.js';
import { findOffer, type OfferAggregate } from '../offers/offer-aggregate.js';
import { conditionInWords, reasonOf, type Names } from './condition-words.js';
import { findCallbackVersions, findOfferVersions, inForceAt, type CallbackVersionRow, type VersionsById } from './find-versions.js';

type ExplainedEvent = ExplanationAnswer['events'][number];
type AskedEvent = ExplanationRequest['events'][number];

/** Why the callbacks of an offer fired for events of a conversion, or did not: from the versions in force at the events' revisions. */
@Injectable()
export class ExplanationsService {
  constructor(private readonly dataSource: DataSource) {}

  /** @param offerIds the offers that the caller may see; null: all. @throws {ProblemError} 404: the offer, or the callback asked for */
  async explain(offerId: number, request: ExplanationRequest, offerIds: readonly number[] | null): Promise<ExplanationAnswer> {
    const { manager } = this.dataSource;
    if (offerIds !== null && !offerIds.includes(offerId)) throw problem.notFound(`offer ${offerId}`);
    const offer = await findOffer(manager, offerId);
    const ids = await callbackIds(manager, offerId, request.callbackId);
    const revisions = [...new Set(request.events.map(({ revision }) => revision))];
    const [offerVersions, callbacks] = [
      await findOfferVersions(manager, offerId, revisions),
      await findCallbackVersions(manager, ids, revisions),
    ];
    const names = await namesOf(manager, offer, request.affiliateId, callbacks);
    // Shared evenly by the events, so that an answer stays as large as one can be read.
    const most = Math.floor(MAX_EXPLAINED_CALLBACKS / request.events.length);
    return {
      offerName: offer.offer.name,
      affiliateName: names.affiliateName(request.affiliateId),
      goalName: request.goalId === null ? null : names.goalName(request.goalId),
      events: request.events.map((event): ExplainedEvent => {
        const offerThen = inForceAt(offerVersions, event.revision);
        // As the dispatcher has it: an offer that came later had no goals enabled.
        const goalsEnabled = offerThen.kind === 'unknown' ? null : offerThen.kind === 'later' ? false : offerThen.version.goalsEnabled;
        const explained = [...callbacks.values()].map((versions) =>
          explainOne(versions, matched(event, request), goalsEnabled, event, names),
        );
        const shown = nearest(explained, most);
        return { eventId: event.eventId, goalsEnabled, callbacks: shown, callbacksNotShown: explained.length - shown.length };
      }),
    };
  }
}

/** @returns the ids of the offer's callbacks, deleted ones too, ascending. */
async function callbackIds(manager: EntityManager, offerId: number, callbackId: number | undefined): Promise<number[]> {
  const where = { offerId, ...(callbackId === undefined ? {} : { id: callbackId }) };
  const found = await manager.find(CallbackEntity, { select: { id: true }, where, order: { id: 'ASC' } });
  if (callbackId !== undefined && found.length === 0) throw problem.notFound(`callback ${callbackId} of offer ${offerId}`);
  return found.map(({ id }) => id);
}

interface KnownNames extends Names {
  readonly affiliateName: (id: number) => string;
  readonly goalName: (id: number) => string | null;
}

async function namesOf(
  manager: EntityManager,
  { goals }: OfferAggregate,
  affiliateId: number,
  callbacks: VersionsById<CallbackVersionRow>,
): Promise<KnownNames> {
  const ids = new Set([affiliateId, ...[...callbacks.values()].flat().map((version) => version.affiliateId)]);
  const affiliates = await manager.find(AffiliateEntity, { select: { id: true, name: true }, where: { id: In([...ids]) } });
  const affiliateNames = new Map(affiliates.map(({ id, name }) => [id, name]));
  const goalNames = new Map(goals.map(({ id, name }) => [id, name]));
  const numbered = (name: string | undefined, id: number): string => (name === undefined ? String(id) : `${name} (${id})`);
  return {
    affiliate: (id) => numbered(affiliateNames.get(id), id),
    goal: (id) => numbered(goalNames.get(id), id),
    affiliateName: (id) => affiliateNames.get(id) ?? '',
    goalName: (id) => goalNames.get(id) ?? null,
  };
}

function matched({ status, previousStatus }: AskedEvent, { affiliateId, goalId }: ExplanationRequest): MatchedEvent {
  const conversion = { affiliateId, goalId, status };
  return previousStatus === null
    ? { type: 'ConversionCreated', data: { conversion } }
    : { type: 'StatusChanged', data: { conversion, previousStatus } };
}

function explainOne(
  versions: readonly CallbackVersionRow[],
  event: MatchedEvent,
  goalsEnabled: boolean | null,
  { revision, status }: AskedEvent,
  names: Names,
): CallbackExplanation {
  const then = inForceAt(versions, revision);
  const { id: callbackId } = versions[0]!;
  if (then.kind === 'unknown' || goalsEnabled === null) {
    const what = goalsEnabled === null ? 'the offer' : 'the callback';
    const reason = `what ${what} was at revision ${revision} is no longer known`;
    return { callbackId, name: versions.at(-1)!.name, version: null, fires: null, reason, conditions: [] };
  }
  const inForce = then.kind === 'version' ? then.version : null;
  const version = inForce ?? versions[0]!;
  const explained = explainCallback(inForce, event, goalsEnabled);
  const conditions = explained.conditions.map((condition) => conditionInWords(condition, { version, status, revision, names }));
  return {
    callbackId,
    name: version.name,
    version:
      inForce === null
        ? null
        : { number: inForce.version, revision: inForce.revision, changedBy: inForce.changedBy, changedAt: inForce.updatedAt },
    fires: explained.fires,
    reason: reasonOf(explained.fires, conditions),
    conditions,
  };
}

/** @returns those that come nearest to firing, by id again. */
function nearest(explained: readonly CallbackExplanation[], most: number): CallbackExplanation[] {
  if (explained.length <= most) return [...explained];
  // What is not known, or was created later, has no conditions to be near by.
  const distance = ({ conditions }: CallbackExplanation): number =>
    conditions.length < 2 ? Number.MAX_SAFE_INTEGER : conditions.filter(({ state }) => state === 'unmet').length;
  return explained
    .toSorted((one, other) => distance(one) - distance(other) || one.callbackId - other.callbackId)
    .slice(0, most)
    .sort((one, other) => one.callbackId - other.callbackId);
}

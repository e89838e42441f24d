import type { Goal, Offer } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { In, type EntityManager } from 'typeorm';
import type { Change } from '../changes/change.js';
import { GoalEntity } from './goal.entity.js';
import { OfferEntity } from './offer.entity.js';

/** An offer with its goals (ascending by id): what one version of it holds. */
export interface OfferAggregate {
  readonly offer: OfferEntity;
  readonly goals: GoalEntity[];
}

/** @throws {ProblemError} 404 */
export async function findOffer(manager: EntityManager, id: number): Promise<OfferAggregate> {
  const offer = await manager.findOneBy(OfferEntity, { id });
  if (offer === null) throw problem.notFound(`offer ${id}`);
  return { offer, goals: await manager.find(GoalEntity, { where: { offerId: id }, order: { id: 'ASC' } }) };
}

/** Stamps the offer with the next version and writes it with its goals, as they are by then in their table. */
export async function recordOffer(change: Change, { offer, goals }: OfferAggregate): Promise<void> {
  Object.assign(offer, change.stamp(offer.version === undefined ? undefined : offer));
  await change.manager.save(offer);
  const { id, name, status, goalsEnabled } = offer;
  await change.record('OfferChanged', {
    id,
    name,
    status,
    goalsEnabled,
    goals: goals.map((goal) => ({ id: goal.id, name: goal.name, archived: goal.archived })),
    ...change.recordStamp(offer),
  });
}

/** @returns the offers as the API answers them: two more queries, however many they are. */
export async function offerViews(manager: EntityManager, offers: readonly OfferEntity[]): Promise<Offer[]> {
  if (offers.length === 0) return [];
  const ids = offers.map(({ id }) => id);
  const goals = await manager.find(GoalEntity, { where: { offerId: In(ids) }, order: { id: 'ASC' } });
  const counts: { offer_id: number; callbacks: number }[] = await manager.query(
    `select offer_id, count(*)::integer as callbacks from offers.callback where offer_id = any($1) and deleted_at is null group by offer_id`,
    [ids],
  );
  const goalsOf = Map.groupBy(goals, (goal) => goal.offerId);
  const callbacksOf = new Map(counts.map((row) => [row.offer_id, row.callbacks]));
  return offers.map((offer) => offerView(offer, goalsOf.get(offer.id) ?? [], callbacksOf.get(offer.id) ?? 0));
}

/** @returns one offer as the API answers it. */
export async function viewOffer(manager: EntityManager, offer: OfferEntity): Promise<Offer> {
  const [view] = await offerViews(manager, [offer]);
  return view!;
}

export function goalView({ id, offerId, name, archived }: GoalEntity): Goal {
  return { id, offerId, name, archived };
}

function offerView(offer: OfferEntity, goals: readonly GoalEntity[], callbackCount: number): Offer {
  const { id, name, status, goalsEnabled, version, createdAt, updatedAt } = offer;
  return {
    id,
    name,
    status,
    goalsEnabled,
    goals: goals.map(goalView),
    callbackCount,
    version,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

import { Injectable } from '@nestjs/common';
import type { Goal, goalInputSchema, goalPatchSchema, Page } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { DataSource, MoreThan } from 'typeorm';
import type { z } from 'zod';
import { ChangeLog, type Changed } from '../changes/change-log.js';
import { requireMatch } from '../http/etag.js';
import { afterCursor, page } from '../http/paging.js';
import { GoalEntity } from './goal.entity.js';
import { findOffer, goalView, recordOffer, viewOffer } from './offer-aggregate.js';

/** A goal with the version of the offer that it is part of: the tag that edits of it are checked against. */
export interface GoalInOffer {
  readonly goal: Goal;
  readonly offerVersion: number;
}

/** The goals of an offer. Each change of one is a version of the offer. */
@Injectable()
export class GoalsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeLog,
  ) {}

  async list(offerId: number, query: { limit: number; cursor?: string | undefined }): Promise<Page<Goal>> {
    const { manager } = this.dataSource;
    const after = afterCursor(query.cursor);
    await findOffer(manager, offerId);
    const goals = await manager.find(GoalEntity, { where: { offerId, id: MoreThan(after) }, order: { id: 'ASC' }, take: query.limit + 1 });
    return page(goals.map(goalView), query.limit);
  }

  create(changedBy: string, offerId: number, input: z.infer<typeof goalInputSchema>, ifMatch?: string): Promise<Changed<GoalInOffer>> {
    return this.changes.make(changedBy, async (change) => {
      const { offer, goals } = await findOffer(change.manager, offerId);
      const current = await viewOffer(change.manager, offer);
      requireMatch(ifMatch, offer.version, () => current);
      const goal = await change.manager.save(change.manager.create(GoalEntity, { ...input, offerId, archived: false }));
      await recordOffer(change, { offer, goals: [...goals, goal] });
      return { result: { goal: goalView(goal), offerVersion: offer.version }, revision: offer.revision };
    });
  }

  /** Renames, archives (`archived: true`) or takes out of the archive. An edit that changes nothing makes no version. */
  patch(
    changedBy: string,
    offerId: number,
    goalId: number,
    patch: z.infer<typeof goalPatchSchema>,
    ifMatch?: string,
  ): Promise<Changed<GoalInOffer>> {
    return this.changes.make(changedBy, async (change) => {
      const aggregate = await findOffer(change.manager, offerId);
      const { offer } = aggregate;
      const goal = aggregate.goals.find(({ id }) => id === goalId);
      if (goal === undefined) throw problem.notFound(`goal ${goalId} of offer ${offerId}`);
      const current = await viewOffer(change.manager, offer);
      requireMatch(ifMatch, offer.version, () => current);
      const { name = goal.name, archived = goal.archived } = patch;
      if (name !== goal.name || archived !== goal.archived) {
        await change.manager.save(Object.assign(goal, { name, archived }));
        await recordOffer(change, aggregate);
      }
      return { result: { goal: goalView(goal), offerVersion: offer.version }, revision: offer.revision };
    });
  }
}

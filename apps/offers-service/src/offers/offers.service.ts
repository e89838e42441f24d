import { Injectable } from '@nestjs/common';
import {
  splitIds,
  type Offer,
  type offerInputSchema,
  type offerListQuerySchema,
  type offerPatchSchema,
  type Page,
} from '@ringback/contracts';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { ChangeLog, type Changed } from '../changes/change-log.js';
import { requireMatch } from '../http/etag.js';
import { afterCursor, page } from '../http/paging.js';
import { nameContains } from '../http/search.js';
import { findOffer, offerViews, recordOffer, viewOffer } from './offer-aggregate.js';
import { OfferEntity } from './offer.entity.js';

/** Offers: made, edited, found. An offer is archived, never deleted. */
@Injectable()
export class OffersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeLog,
  ) {}

  /** @param offerIds only of these; null: of all */
  async list(query: z.infer<typeof offerListQuerySchema>, offerIds: readonly number[] | null): Promise<Page<Offer>> {
    const found = this.dataSource
      .getRepository(OfferEntity)
      .createQueryBuilder('offer')
      .where('offer.id > :after', { after: afterCursor(query.cursor) })
      .orderBy('offer.id')
      .limit(query.limit + 1);
    if (offerIds !== null) found.andWhere('offer.id = any(:offerIds)', { offerIds });
    if (query.id) found.andWhere('offer.id = any(:ids)', { ids: splitIds(query.id) });
    if (query.search) found.andWhere(...nameContains('offer.name', query.search));
    if (query.status) found.andWhere('offer.status = :status', { status: query.status });
    return page(await offerViews(this.dataSource.manager, await found.getMany()), query.limit);
  }

  async read(id: number): Promise<Offer> {
    const { manager } = this.dataSource;
    const { offer } = await findOffer(manager, id);
    return viewOffer(manager, offer);
  }

  create(changedBy: string, input: z.infer<typeof offerInputSchema>): Promise<Changed<Offer>> {
    return this.changes.make(changedBy, async (change) => {
      const offer = change.manager.create(OfferEntity, { ...input, status: 'active' });
      await recordOffer(change, { offer, goals: [] });
      return { result: await viewOffer(change.manager, offer), revision: offer.revision };
    });
  }

  /** An edit that changes nothing makes no version. */
  patch(changedBy: string, id: number, patch: z.infer<typeof offerPatchSchema>, ifMatch?: string): Promise<Changed<Offer>> {
    return this.changes.make(changedBy, async (change) => {
      const aggregate = await findOffer(change.manager, id);
      const { offer } = aggregate;
      const before = await viewOffer(change.manager, offer);
      requireMatch(ifMatch, offer.version, () => before);
      const { name = offer.name, status = offer.status, goalsEnabled = offer.goalsEnabled } = patch;
      if (name === offer.name && status === offer.status && goalsEnabled === offer.goalsEnabled)
        return { result: before, revision: offer.revision };
      Object.assign(offer, { name, status, goalsEnabled });
      await recordOffer(change, aggregate);
      return { result: await viewOffer(change.manager, offer), revision: offer.revision };
    });
  }
}

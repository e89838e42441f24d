import { Injectable } from '@nestjs/common';
import {
  splitIds,
  type affiliateInputSchema,
  type affiliateListQuerySchema,
  type affiliatePatchSchema,
  type Affiliate,
  type Page,
} from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { DataSource, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import { Change } from '../changes/change.js';
import { ChangeLog, type Changed } from '../changes/change-log.js';
import { requireMatch } from '../http/etag.js';
import { afterCursor, page } from '../http/paging.js';
import { nameContains } from '../http/search.js';
import { AffiliateEntity } from './affiliate.entity.js';

/** Affiliates: made, renamed, found. They are never deleted, since conversions and callbacks name them. */
@Injectable()
export class AffiliatesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeLog,
  ) {}

  async list(query: z.infer<typeof affiliateListQuerySchema>): Promise<Page<Affiliate>> {
    const found = this.dataSource
      .getRepository(AffiliateEntity)
      .createQueryBuilder('affiliate')
      .where('affiliate.id > :after', { after: afterCursor(query.cursor) })
      .orderBy('affiliate.id')
      .limit(query.limit + 1);
    if (query.id) found.andWhere('affiliate.id = any(:ids)', { ids: splitIds(query.id) });
    if (query.search) found.andWhere(...nameContains('affiliate.name', query.search));
    return page((await found.getMany()).map(affiliateView), query.limit);
  }

  async read(id: number): Promise<Affiliate> {
    return affiliateView(await findAffiliate(this.dataSource.manager, id));
  }

  create(changedBy: string, input: z.infer<typeof affiliateInputSchema>): Promise<Changed<Affiliate>> {
    return this.changes.make(changedBy, async (change) =>
      recordAffiliate(change, await change.manager.save(change.manager.create(AffiliateEntity, { ...input, ...change.stamp() }))),
    );
  }

  /** An edit that changes nothing makes no version. */
  patch(changedBy: string, id: number, patch: z.infer<typeof affiliatePatchSchema>, ifMatch?: string): Promise<Changed<Affiliate>> {
    return this.changes.make(changedBy, async (change) => {
      const affiliate = await findAffiliate(change.manager, id);
      requireMatch(ifMatch, affiliate.version, () => affiliateView(affiliate));
      if (patch.name === undefined || patch.name === affiliate.name)
        return { result: affiliateView(affiliate), revision: affiliate.revision };
      return recordAffiliate(change, await change.manager.save(Object.assign(affiliate, { name: patch.name, ...change.stamp(affiliate) })));
    });
  }
}

async function recordAffiliate(change: Change, affiliate: AffiliateEntity): Promise<{ result: Affiliate; revision: number }> {
  await change.record('AffiliateChanged', { id: affiliate.id, name: affiliate.name, ...change.recordStamp(affiliate) });
  return { result: affiliateView(affiliate), revision: affiliate.revision };
}

/** @throws {ProblemError} 404 */
async function findAffiliate(manager: EntityManager, id: number): Promise<AffiliateEntity> {
  const affiliate = await manager.findOneBy(AffiliateEntity, { id });
  if (affiliate === null) throw problem.notFound(`affiliate ${id}`);
  return affiliate;
}

function affiliateView({ id, name, version, createdAt, updatedAt }: AffiliateEntity): Affiliate {
  return { id, name, version, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

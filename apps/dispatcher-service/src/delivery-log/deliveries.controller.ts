import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import pg from 'pg';
import { z } from 'zod';
import {
  decodeCursor,
  deliveryListQuerySchema,
  encodeCursor,
  uuidSchema,
  type DeliveryDetail,
  type DeliveryListQuery,
  type DeliveryPage,
} from '@ringback/contracts';
import { CurrentActor, param, problem, query, type Actor } from '@ringback/service-runtime';
import { findDelivery } from './find-delivery.js';
import { listDeliveries } from './list-deliveries.js';

const cursorSchema = z.strictObject({ before: uuidSchema });

/** What became of each delivery, and of every attempt. */
@Controller('v1/deliveries')
export class DeliveriesController {
  constructor(@Inject(pg.Pool) private readonly pool: pg.Pool) {}

  @Get()
  async list(@CurrentActor() { offerIds }: Actor, @Query(query(deliveryListQuerySchema)) filter: DeliveryListQuery): Promise<DeliveryPage> {
    let before: string | null = null;
    if (filter.cursor !== undefined) {
      const position = decodeCursor(filter.cursor, cursorSchema);
      if (position === null) throw problem.unprocessable([{ path: 'cursor', message: 'is not one that this list handed out' }]);
      before = position.before;
    }
    const startedAt = performance.now();
    const { items, nextBefore, searchedThrough } = await listDeliveries(
      this.pool,
      { ...filter, offerIds },
      before,
      Date.now(),
      () => performance.now() - startedAt,
    );
    return { items, nextCursor: nextBefore === null ? null : encodeCursor({ before: nextBefore }), searchedThrough };
  }

  @Get(':deliveryId')
  async find(
    @CurrentActor() { offerIds }: Actor,
    @Param('deliveryId', param('deliveryId', uuidSchema)) id: string,
  ): Promise<DeliveryDetail> {
    const delivery = await findDelivery(this.pool, id, offerIds);
    if (delivery === null) throw problem.notFound(`delivery ${id}`);
    return delivery;
  }
}

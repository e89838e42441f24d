import type { CanActivate } from '@nestjs/common';
import { createPool, problem, type Logger, type Registry } from '@ringback/service-runtime';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { AffiliateEntity } from './affiliates/affiliate.entity.js';
import { CallbackEntity } from './callbacks/callback.entity.js';
import { ConfigurationVersionEntity } from './changes/configuration-version.entity.js';
import { KeyringEntity } from './keyring/keyring.entity.js';
import { GoalEntity } from './offers/goal.entity.js';
import { OfferEntity } from './offers/offer.entity.js';
import { SCHEMA } from './schema.js';

/** TypeORM over a pool of ours, which outlives its server and notices one that hangs. Not connected yet: see {@link connectDatabase}. */
export function createDataSource(databaseUrl: string, logger: Logger, metrics?: Registry): DataSource {
  return new DataSource({
    type: 'postgres',
    url: databaseUrl,
    schema: SCHEMA,
    entities: [AffiliateEntity, OfferEntity, GoalEntity, CallbackEntity, KeyringEntity, ConfigurationVersionEntity],
    // TypeORM makes its pool with `new driver.Pool(…)`: it gets one of ours. A connecting that fails half-way ends its pool.
    driver: {
      ...pg,
      Pool: function () {
        // Changes are serial, so fifty at once wait for each other rather than for the server: longer than the usual 3 s.
        return createPool(databaseUrl, {
          max: 10,
          applicationName: 'offers',
          logger,
          connectionTimeoutMs: 8_000,
          ...(metrics === undefined ? {} : { metrics }),
        });
      },
    },
    installExtensions: false,
  });
}

/** Until the database has been reached for the first time, TypeORM cannot even be asked: 503. */
export class DatabaseGuard implements CanActivate {
  constructor(private readonly dataSource: DataSource) {}

  canActivate(): boolean {
    if (this.dataSource.isInitialized && this.dataSource.entityMetadatas.length > 0) return true;
    throw problem.unavailable('the database is away: try again shortly');
  }
}

/** Connects, once. @throws what the database says; `isDatabaseAway` tells an outage from a wrong setting. */
export async function connectDatabase(dataSource: DataSource): Promise<void> {
  if (!dataSource.isInitialized) await dataSource.initialize();
}

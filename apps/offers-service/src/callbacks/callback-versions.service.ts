import { Injectable } from '@nestjs/common';
import type { Callback, CallbackDiff, CallbackVersion, CallbackVersionView, Page } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { DataSource, LessThan, type EntityManager } from 'typeorm';
import { ChangeLog, type Changed } from '../changes/change-log.js';
import { ConfigurationVersionEntity } from '../changes/configuration-version.entity.js';
import { requireMatch } from '../http/etag.js';
import { cursorPosition, page } from '../http/paging.js';
import { SecretVault } from '../keyring/secret-vault.js';
import { findOffer } from '../offers/offer-aggregate.js';
import { findEvenDeleted, recordNext } from './callback-aggregate.js';
import { pickContent } from './callback-content.js';
import { callbackChanges } from './callback-changes.js';
import { historicView, openVersion, secretNames } from './callback-history.js';
import { openContent } from './callback-secrets.js';
import { entityView } from './callback-view.js';
import { checkMeaning } from './check-meaning.js';
import { checkReferences } from './check-references.js';

const KIND = 'callback';

/** What a callback was, and the way back to it; of deleted callbacks too. */
@Injectable()
export class CallbackVersionsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeLog,
    private readonly vault: SecretVault,
  ) {}

  /** The newest first, each with what is different from the one before it. */
  async list(offerId: number, id: number, query: { limit: number; cursor?: string | undefined }): Promise<Page<CallbackVersionView>> {
    const { manager } = this.dataSource;
    const below = cursorPosition(query.cursor);
    const secrets = secretNames(await findEvenDeleted(manager, offerId, id));
    const keyring = await this.vault.keyring();
    const rows = await manager.find(ConfigurationVersionEntity, {
      where: { kind: KIND, aggregateId: id, ...(below === undefined ? {} : { version: LessThan(below) }) },
      order: { version: 'DESC' },
      take: query.limit + 1,
    });
    const versions = rows.map(({ record }) => record.data as CallbackVersion);
    const views = versions.map((version, index): CallbackVersionView => {
      const before = versions[index + 1];
      const isNext = before?.version === version.version - 1;
      const changes = isNext ? callbackChanges(openVersion(keyring, before), openVersion(keyring, version), secrets) : null;
      const { revision, changedBy, deletedAt } = version;
      return { ...historicView(version, secrets), revision, changedBy, deletedAt, changes: version.version === 1 ? [] : changes };
    });
    return page(views, query.limit, ({ version }) => version);
  }

  /** @param to default: the newest version. @throws {ProblemError} 404 */
  async diff(offerId: number, id: number, from: number, to?: number): Promise<CallbackDiff> {
    const { manager } = this.dataSource;
    const current = await findEvenDeleted(manager, offerId, id);
    const secrets = secretNames(current);
    const keyring = await this.vault.keyring();
    const open = async (version: number) => openVersion(keyring, await findVersion(manager, id, version));
    const target = to ?? current.version;
    return { from, to: target, changes: callbackChanges(await open(from), await open(target), secrets) };
  }

  /**
   * Makes a version that says what an earlier one said, secrets included. Restoring what is current anyway makes none.
   * @throws {ProblemError} 404, 412; 422 when what was fine then is not now (its goal was archived, or goals are off and it had another).
   */
  async restore(changedBy: string, offerId: number, id: number, version: number, ifMatch?: string): Promise<Changed<Callback>> {
    const keyring = await this.vault.keyring();
    return this.changes.make(changedBy, async (change) => {
      const offer = await findOffer(change.manager, offerId);
      const callback = await findEvenDeleted(change.manager, offerId, id);
      requireMatch(ifMatch, callback.version, () => entityView(callback));
      const content = pickContent(await findVersion(change.manager, id, version));
      const errors = [
        ...checkMeaning(openContent(keyring, id, content)),
        ...(await checkReferences(change.manager, offer, content, pickContent(callback))),
      ];
      if (errors.length > 0) throw problem.unprocessable(errors);
      const restored = await recordNext(change, callback, content, false);
      return { result: entityView(restored), revision: restored.revision };
    });
  }
}

/** @throws {ProblemError} 404 */
async function findVersion(manager: EntityManager, id: number, version: number): Promise<CallbackVersion> {
  const found = await manager.findOneBy(ConfigurationVersionEntity, { kind: KIND, aggregateId: id, version });
  if (found === null) throw problem.notFound(`version ${version} of callback ${id}`);
  return found.record.data as CallbackVersion;
}

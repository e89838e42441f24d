import { Injectable } from '@nestjs/common';
import type { Callback, CallbackVersion, CallbackVersionView, Page } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { DataSource, LessThan } from 'typeorm';
import { ChangeLog, type Changed } from '../changes/change-log.js';
import { ConfigurationVersionEntity } from '../changes/configuration-version.entity.js';
import { requireMatch } from '../http/etag.js';
import { cursorPosition, page } from '../http/paging.js';
import { SecretVault } from '../keyring/secret-vault.js';
import { findOffer } from '../offers/offer-aggregate.js';
import { findEvenDeleted, recordNext } from './callback-aggregate.js';
import { pickContent } from './callback-content.js';
import { openContent } from './callback-secrets.js';
import { callbackVersionView, entityView } from './callback-view.js';
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

  /** The newest first. */
  async list(offerId: number, id: number, query: { limit: number; cursor?: string | undefined }): Promise<Page<CallbackVersionView>> {
    const { manager } = this.dataSource;
    const before = cursorPosition(query.cursor);
    await findEvenDeleted(manager, offerId, id);
    const versions = await manager.find(ConfigurationVersionEntity, {
      where: { kind: KIND, aggregateId: id, ...(before === undefined ? {} : { version: LessThan(before) }) },
      order: { version: 'DESC' },
      take: query.limit + 1,
    });
    return page(
      versions.map((version) => callbackVersionView(version.record.data as CallbackVersion)),
      query.limit,
      ({ version }) => version,
    );
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
      const wanted = await change.manager.findOneBy(ConfigurationVersionEntity, { kind: KIND, aggregateId: id, version });
      if (wanted === null) throw problem.notFound(`version ${version} of callback ${id}`);
      const content = pickContent(wanted.record.data as CallbackVersion);
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

import { Injectable } from '@nestjs/common';
import type { Callback, CallbackInput, callbackListQuerySchema, CallbackPatch, FieldError, Page } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { DataSource, IsNull, MoreThan } from 'typeorm';
import type { z } from 'zod';
import { ChangeLog, type Changed } from '../changes/change-log.js';
import { requireMatch } from '../http/etag.js';
import { afterCursor, page } from '../http/paging.js';
import { SecretVault } from '../keyring/secret-vault.js';
import { findOffer } from '../offers/offer-aggregate.js';
import { applyEdit, type Edited } from './apply-edit.js';
import { drawCallbackId, findCallback, recordNew, recordNext } from './callback-aggregate.js';
import { pickContent, type CallbackContent } from './callback-content.js';
import { openContent, sealContent } from './callback-secrets.js';
import { entityView } from './callback-view.js';
import { CallbackEntity } from './callback.entity.js';
import { checkMeaning } from './check-meaning.js';
import { checkReferences } from './check-references.js';

/** The callbacks of an offer: made, edited, deleted, found. */
@Injectable()
export class CallbacksService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly changes: ChangeLog,
    private readonly vault: SecretVault,
  ) {}

  async list(offerId: number, query: z.infer<typeof callbackListQuerySchema>): Promise<Page<Callback>> {
    const { manager } = this.dataSource;
    const after = afterCursor(query.cursor);
    await findOffer(manager, offerId);
    const { affiliateId, conversionStatus } = query;
    const callbacks = await manager.find(CallbackEntity, {
      where: {
        offerId,
        id: MoreThan(after),
        deletedAt: IsNull(),
        ...(affiliateId === undefined ? {} : { affiliateId }),
        ...(conversionStatus === undefined ? {} : { conversionStatus }),
      },
      order: { id: 'ASC' },
      take: query.limit + 1,
    });
    return page(callbacks.map(entityView), query.limit);
  }

  async read(offerId: number, id: number): Promise<Callback> {
    return entityView(await findCallback(this.dataSource.manager, offerId, id));
  }

  /** @throws {ProblemError} 422 naming every field that does not fit, 404 for the offer. */
  async create(changedBy: string, offerId: number, input: CallbackInput): Promise<Changed<Callback>> {
    const keyring = await this.vault.keyring();
    return this.changes.make(changedBy, async (change) => {
      const offer = await findOffer(change.manager, offerId);
      const { content, errors } = withMeaning(applyEdit(null, input), input);
      if (content !== null) errors.push(...(await checkReferences(change.manager, offer, content, null)));
      if (content === null || errors.length > 0) throw problem.unprocessable(errors);
      const id = await drawCallbackId(change.manager);
      const callback = await recordNew(change, id, offerId, sealContent(keyring, id, content));
      return { result: entityView(callback), revision: callback.revision };
    });
  }

  /** An edit that changes nothing makes no version. @throws {ProblemError} 422 naming every field that does not fit, 404, 412. */
  async patch(changedBy: string, offerId: number, id: number, patch: CallbackPatch, ifMatch?: string): Promise<Changed<Callback>> {
    const keyring = await this.vault.keyring();
    return this.changes.make(changedBy, async (change) => {
      const offer = await findOffer(change.manager, offerId);
      const callback = await findCallback(change.manager, offerId, id);
      requireMatch(ifMatch, callback.version, () => entityView(callback));
      const stored = pickContent(callback);
      const { content, errors } = withMeaning(applyEdit(openContent(keyring, id, stored), patch), patch);
      if (content !== null) errors.push(...(await checkReferences(change.manager, offer, content, stored)));
      if (content === null || errors.length > 0) throw problem.unprocessable(errors);
      const next = await recordNext(change, callback, sealContent(keyring, id, content, stored), false);
      return { result: entityView(next), revision: next.revision };
    });
  }

  /** Deleting is a version too: the last one, until it is restored. @throws {ProblemError} 404, 412. */
  remove(changedBy: string, offerId: number, id: number, ifMatch?: string): Promise<Changed<Callback>> {
    return this.changes.make(changedBy, async (change) => {
      await findOffer(change.manager, offerId);
      const callback = await findCallback(change.manager, offerId, id);
      requireMatch(ifMatch, callback.version, () => entityView(callback));
      const deleted = await recordNext(change, callback, pickContent(callback), true);
      return { result: entityView(deleted), revision: deleted.revision };
    });
  }
}

/** What an edit comes to, with what is wrong with it so far. `content` is null where there is nothing to look at further. */
function withMeaning(edited: Edited, edit: CallbackPatch): { content: CallbackContent | null; errors: FieldError[] } {
  if (!edited.ok) return { content: null, errors: [...edited.errors] };
  return { content: edited.content, errors: checkMeaning(edited.content, edit) };
}

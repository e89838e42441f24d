import { Injectable } from '@nestjs/common';
import { compileCallback, newestEventOf, renderRequest, SAMPLE_CONTEXT, sampleEventFor, type RenderContext } from '@ringback/callbacks';
import type { FieldError, Preview, PreviewRequest } from '@ringback/contracts';
import { problem } from '@ringback/service-runtime';
import { DataSource, type EntityManager } from 'typeorm';
import { AffiliateEntity } from '../affiliates/affiliate.entity.js';
import { SecretVault } from '../keyring/secret-vault.js';
import { findOffer, type OfferAggregate } from '../offers/offer-aggregate.js';
import { applyEdit } from './apply-edit.js';
import { findCallback } from './callback-aggregate.js';
import { pickContent, type CallbackContent } from './callback-content.js';
import { openContent } from './callback-secrets.js';
import { checkMeaning } from './check-meaning.js';
import { checkReferences } from './check-references.js';

/** Shows the request that an unsaved callback would make. Sends nothing, stores nothing. */
@Injectable()
export class CallbackPreviewService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly vault: SecretVault,
  ) {}

  /**
   * @returns the request with secrets masked, and what rendering had to bend.
   * @throws {ProblemError} 404; 422 naming what keeps the callback from being saved, or from being rendered for this conversion.
   */
  async preview(offerId: number, request: PreviewRequest): Promise<Preview> {
    const { manager } = this.dataSource;
    const aggregate = await findOffer(manager, offerId);
    const current = request.callbackId === undefined ? null : await this.#openStored(offerId, request.callbackId);
    const edited = applyEdit(current, request.callback);
    if (!edited.ok) throw problem.unprocessable(inCallback(edited.errors));
    const { content } = edited;
    const errors = [...checkMeaning(content, request.callback), ...(await checkReferences(manager, aggregate, content, current))];
    if (errors.length > 0) throw problem.unprocessable(inCallback(errors));

    const context = await renderContext(manager, aggregate, content, request);
    // The content is open already: there is nothing to unseal.
    const rendered = renderRequest(
      compileCallback(content, (open) => open),
      context,
    );
    if (!rendered.ok) throw problem.unprocessable(inCallback([{ path: rendered.path, message: rendered.reason }]));
    return {
      method: rendered.request.method,
      url: rendered.masked.url,
      headers: rendered.masked.headers.map(([name, value]) => ({ name, value })),
      body: rendered.masked.body,
      warnings: inCallback(rendered.warnings),
    };
  }

  async #openStored(offerId: number, callbackId: number): Promise<CallbackContent> {
    const stored = await findCallback(this.dataSource.manager, offerId, callbackId);
    return openContent(await this.vault.keyring(), callbackId, pickContent(stored));
  }
}

/** The callback stands under `callback` in the body of a preview. */
function inCallback(errors: readonly FieldError[]): FieldError[] {
  return errors.map(({ path, message }) => ({ path: `callback.${path}`, message }));
}

async function renderContext(
  manager: EntityManager,
  { offer, goals }: OfferAggregate,
  callback: CallbackContent,
  request: PreviewRequest,
): Promise<RenderContext> {
  const event = request.conversion === undefined ? sampleEventFor(offer.id, callback) : newestEventOf(request.conversion, request.event);
  const { conversion } = event.data;
  const affiliate = await manager.findOneBy(AffiliateEntity, { id: conversion.affiliateId });
  return {
    ...SAMPLE_CONTEXT,
    event,
    callbackId: request.callbackId ?? SAMPLE_CONTEXT.callbackId,
    offerName: offer.name,
    affiliateName: affiliate?.name ?? SAMPLE_CONTEXT.affiliateName,
    goalName: goals.find(({ id }) => id === conversion.goalId)?.name ?? null,
  };
}

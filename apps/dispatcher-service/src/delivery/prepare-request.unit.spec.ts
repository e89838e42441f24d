import { randomBytes } from 'node:crypto';
import { SAMPLE_CONTEXT } from '@ringback/callbacks';
import { createDataKey, Keyring, secretContext, type CallbackVersion } from '@ringback/contracts';
import { Webhook } from 'standardwebhooks';
import { CompiledCallbacks } from '../callback-index/compiled-callbacks.js';
import type { IndexedCallback } from '../callback-index/indexed-callback.js';
import { prepareRequest, type PreparedRequest } from './prepare-request.js';

const keyring = new Keyring([createDataKey()]);
const seal = (secret: string, index: number) => keyring.seal(secret, secretContext(7, `signingSecrets.${index}`));
const newSecret = (bytes = 32) => `whsec_${randomBytes(bytes).toString('base64')}`;
const context = { ...SAMPLE_CONTEXT, callbackId: 7, sentAtMs: Date.now() };

describe('a request that is prepared', () => {
  it('carries webhook-id, webhook-timestamp and User-Agent, and no signature without a secret', () => {
    expect(headersOf(prepared({}))).toEqual({
      'webhook-id': context.deliveryId,
      'webhook-timestamp': String(Math.floor(context.sentAtMs / 1000)),
      'user-agent': 'Ringback/0.1.0',
    });
  });

  it('keeps a User-Agent of the callback, in any letter case', () => {
    const request = prepared({ requestHeaders: [{ name: 'user-AGENT', value: 'mine', secret: false }] });
    expect(request.outgoing.headers.filter((part) => part.toLowerCase() === 'user-agent')).toEqual(['user-AGENT']);
  });

  it.each([
    ['GET', { httpType: 'GET' as const }],
    ['POST(FORM)', { httpType: 'POST_FORM' as const, requestParams: [param('name', 'Zoë & {click_id} ✓')] }],
    ['POST(JSON)', { httpType: 'POST_JSON' as const, requestParams: [param('name', '日本 {payout}'), param('user.id', '{user_id}')] }],
  ])('is signed as Standard Webhooks verifies it: %s', (_, setting) => {
    const secret = newSecret();
    const request = prepared({ ...setting, signingSecrets: [seal(secret, 0)] });
    // It reads the payload as JSON once the signature is right: that may throw.
    expect(() => new Webhook(secret).verify(request.outgoing.body ?? '', headersOf(request))).not.toThrow(/match|header|timestamp/i);
    expect(() => new Webhook(newSecret()).verify(request.outgoing.body ?? '', headersOf(request))).toThrow('No matching signature found');
  });

  it('can be verified with either secret while one replaces the other', () => {
    const secrets = [newSecret(24), newSecret(64)];
    const request = prepared({ httpType: 'POST_JSON', signingSecrets: secrets.map(seal) });
    for (const secret of secrets) expect(new Webhook(secret).verify(request.outgoing.body!, headersOf(request))).toEqual({});
    expect(headersOf(request)['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
  });

  it('sends the bytes that were signed, with one value of {random} in both', () => {
    const secret = newSecret();
    const request = prepared({
      httpType: 'POST_JSON',
      requestParams: [param('nonce', '{random}')],
      signingSecrets: [seal(secret, 0)],
    });
    const verified = new Webhook(secret).verify(request.outgoing.body!, headersOf(request)) as { nonce: string };
    expect(request.rendered.masked.body).toBe(JSON.stringify(verified));
  });

  it.each([
    ['was sealed with a key that is gone', new Keyring([createDataKey()]).seal(newSecret(), secretContext(7, 'signingSecrets.0'))],
    ['was sealed for another place', seal(newSecret(), 1)],
    ['is no sealed value', 'plain'],
  ])('does not exist when its signing secret %s', (_, sealed) => {
    expect(prepare({ signingSecrets: [sealed] })).toEqual({
      ok: false,
      path: 'signingSecrets.0',
      reason: 'signingSecrets.0: its secret cannot be opened: enter it anew',
    });
  });

  it('does not exist when one of two signing secrets is none', () => {
    expect(prepare({ signingSecrets: [seal(newSecret(), 0), seal('not-a-secret', 1)] })).toMatchObject({
      ok: false,
      reason: 'signingSecrets.1: it is no signing secret: enter it anew',
    });
  });

  it('does not exist without a keyring, and does as soon as there is one', () => {
    const compiled = new CompiledCallbacks();
    const callback = indexed({ signingSecrets: [seal(newSecret(), 0)] });
    expect(prepareRequest(compiled.get(callback, null), context, 'x')).toMatchObject({ ok: false, path: 'signingSecrets.0' });
    expect(prepareRequest(compiled.get(callback, keyring), context, 'x')).toMatchObject({ ok: true });
  });
});

function param(name: string, value: string) {
  return { name, value, type: 'string' as const, secret: false };
}

function indexed(setting: Partial<CallbackVersion>): IndexedCallback {
  const definition = {
    url: 'https://tracker.example/{click_id}',
    httpType: 'GET',
    basicAuth: null,
    requestParams: [],
    requestHeaders: [],
    retry: 'standard',
    timeoutMs: 10_000,
    signingSecrets: [],
    ...setting,
  };
  return { id: 7, definition, version: 1 } as unknown as IndexedCallback;
}

function prepare(setting: Partial<CallbackVersion>) {
  return prepareRequest(new CompiledCallbacks().get(indexed(setting), keyring), context, 'Ringback/0.1.0');
}

function prepared(setting: Partial<CallbackVersion>): PreparedRequest {
  const request = prepare(setting);
  if (!request.ok) throw new Error(request.reason);
  return request;
}

function headersOf({ ownHeaders }: PreparedRequest): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: ownHeaders.length / 2 }, (_, index) => [ownHeaders[2 * index]!.toLowerCase(), ownHeaders[2 * index + 1]!]),
  );
}

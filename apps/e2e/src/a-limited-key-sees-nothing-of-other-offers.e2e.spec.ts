import { randomUUID } from 'node:crypto';
import { deliveryId, type Callback, type Conversion, type Delivery, type NewApiKey, type Offer } from '@ringback/contracts';
import { eventually } from './harness/eventually.js';
import type { Inbox } from './harness/inbox.js';
import { Network } from './harness/network.js';
import { sharedSystem, type System } from './harness/system.js';

/** How a route's things belong to offers, as its description says in `x-offers`. */
type Relation = 'offer-path' | 'conversion' | 'delivery' | 'body' | 'filtered' | 'shared' | 'network-wide';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly relation: Relation;
  readonly parameters: readonly string[];
  readonly example: unknown;
}

/** Everything that can be named of an offer. */
interface Ids {
  readonly offerId: number;
  readonly goalId: number;
  readonly callbackId: number;
  readonly affiliateId: number;
  readonly conversionId: string;
  readonly deliveryId: string;
  readonly redeliveryId: string;
}

const NOTHING = 2_147_483_647;

/**
 * Generated from the description of the API: a route that is there tomorrow is tried tomorrow, by what it declares. Whatever names something
 * of another offer has to be answered as if it named nothing; so each is asked twice, and the answers compared.
 */
describe('a key that is limited to one offer', () => {
  let system: System;
  let inbox: Inbox;
  let limited: Network;
  let routes: Route[];
  const marker = `secret-${randomUUID()}`;
  const nothing: Ids = {
    offerId: NOTHING,
    goalId: NOTHING,
    callbackId: NOTHING,
    affiliateId: NOTHING,
    conversionId: '01941f29-7c00-7a3e-9f10-5c2d8e41b6a7',
    // Of today: of a day that is no longer kept nobody is told anything.
    deliveryId: deliveryId(Date.now(), randomUUID(), 1),
    redeliveryId: '01941f29-7c00-8a3e-9f10-5c2d8e41b6a8',
  };
  let other: Ids;
  let own: Ids;

  beforeAll(async () => {
    system = await sharedSystem();
    inbox = system.inbox();
    [own, other] = await Promise.all([fill('own'), fill(marker)]);
    const made = await system.network.call<NewApiKey>('/v1/api-keys', {
      method: 'POST',
      body: { name: 'limited', role: 'admin', offerIds: [own.offerId] },
    });
    expect(made).toMatchObject({ status: 201, body: { offerIds: [own.offerId] } });
    limited = new Network(system.network.baseUrl, made.body.key);
    routes = await describedRoutes();
  });
  afterAll(() => system.close());

  /** An offer with a goal, a callback, a conversion and its delivery, each marked. */
  async function fill(mark: string): Promise<Ids> {
    const { network } = system;
    const affiliate = await network.affiliate(`${mark} affiliate`);
    const offer = await network.call<Offer>('/v1/offers', { method: 'POST', body: { name: `${mark} offer`, goalsEnabled: true } });
    const { id: offerId } = offer.body;
    const goal = await network.call<{ id: number }>(`/v1/offers/${offerId}/goals`, { method: 'POST', body: { name: `${mark} goal` } });
    const callback: Callback = await network.callback(offerId, { affiliateId: affiliate.id, url: inbox.url(`${mark}/{conversion_id}`) });
    const conversion = await network.call<Conversion>('/v1/conversions', {
      method: 'POST',
      body: { offerId, affiliateId: affiliate.id, status: callback.conversionStatus, transactionId: `${mark} transaction`, sub1: mark },
    });
    expect(conversion.status).toBe(201);
    let logged = '';
    await eventually(async () => {
      const { body } = await network.call<{ items: Delivery[] }>(`/v1/deliveries?conversionId=${conversion.body.id}`);
      if (body.items[0] === undefined) throw new Error('the delivery is not logged yet');
      logged = body.items[0].id;
    });
    const redelivery = await network.redeliverAll({
      filter: { offerId, status: 'cancelled', from: '2026-01-01T00:00:00Z', to: new Date().toISOString() },
      ratePerSecond: 1,
    });
    return {
      offerId,
      goalId: goal.body.id,
      callbackId: callback.id,
      affiliateId: affiliate.id,
      conversionId: conversion.body.id,
      deliveryId: logged,
      redeliveryId: redelivery.id,
    };
  }

  async function describedRoutes(): Promise<Route[]> {
    interface Operation {
      'x-offers': Relation;
      security: unknown[];
      parameters?: { name?: string; in?: string }[];
      requestBody?: { content: { 'application/json': { example?: unknown } } };
    }
    const { body } = await system.network.call<{ paths: Record<string, Record<string, Operation>> }>('/v1/openapi.json');
    return Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, operation]) => {
        if (operation.security.length === 0 || path.startsWith('/v1/auth/')) return [];
        const parameters = (operation.parameters ?? []).flatMap(({ name, in: where }) => (where === 'query' ? [name!] : []));
        const example = operation.requestBody?.content['application/json'].example;
        return [{ method: method.toUpperCase(), path, relation: operation['x-offers'], parameters, example }];
      }),
    );
  }

  /** The route's request, about the things of `ids`. */
  const requestOf = ({ method, path, parameters, example }: Route, ids: Ids) => {
    const named: Record<string, unknown> = { ...ids, version: 1, deadLetterId: 'dispatcher-service:conversions.events:0:1' };
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => String(named[name] ?? 1));
    const query = parameters.filter((name) => name === 'offerId' || name === 'callbackId').map((name) => `${name}=${String(named[name])}`);
    const body = example === undefined ? undefined : about(example, named);
    return { path: query.length === 0 ? filled : `${filled}?${query.join('&')}`, method, ...(body === undefined ? {} : { body }) };
  };

  /** The example with every id that it names replaced; a bare `id` or `ids` is a conversion's. */
  const about = (value: unknown, ids: Record<string, unknown>): unknown => {
    if (Array.isArray(value)) return value.map((item) => about(item, ids));
    if (typeof value !== 'object' || value === null) return value;
    const changed = Object.entries(value).map(([name, inner]): [string, unknown] => {
      if (name === 'affiliateId') return [name, own.affiliateId]; // affiliates belong to no offer
      if (name === 'id' && typeof inner === 'string') return [name, ids['conversionId']];
      return [name, ids[name] !== undefined && typeof inner !== 'object' ? ids[name] : about(inner, ids)];
    });
    return Object.fromEntries(changed.filter(([name]) => !['transactionId', 'idempotencyKey', 'goalId'].includes(name)));
  };

  /** What an answer says when ids and the request's own are left out. */
  const plain = (answer: { status: number; body: unknown }, ids: Ids) => {
    let text = JSON.stringify(answer.body ?? null).replace(/"requestId":"[^"]*"/g, '');
    for (const id of Object.values(ids)) text = text.replaceAll(new RegExp(`\\b${String(id)}\\b`, 'g'), 'ID');
    return `${answer.status} ${text}`;
  };

  const eachOf = async (relations: readonly Relation[], work: (route: Route) => Promise<void>) => {
    const chosen = routes.filter(({ relation }) => relations.includes(relation));
    expect(chosen.length).toBeGreaterThan(0);
    for (const route of chosen) await work(route);
  };
  const nameOf = ({ method, path }: Route) => `${method} ${path}`;

  it('gets 404 on every route that names another offer, or something of it, as for what does not exist', async () => {
    await eachOf(['offer-path', 'conversion', 'delivery'], async (route) => {
      const answer = await limited.call(requestOf(route, other).path, requestOf(route, other));
      const ofNothing = await limited.call(requestOf(route, nothing).path, requestOf(route, nothing));
      expect([nameOf(route), answer.status]).toEqual([nameOf(route), 404]);
      expect([nameOf(route), plain(answer, other)]).toEqual([nameOf(route), plain(ofNothing, nothing)]);
      expect(JSON.stringify(answer.body)).not.toContain(marker);
      if (route.method === 'GET')
        expect([nameOf(route), (await system.network.call(requestOf(route, other).path)).status]).toEqual([nameOf(route), 200]);
    });
  });

  it('is told the same of what a body names, and changes nothing', async () => {
    await eachOf(['body'], async (route) => {
      const answer = await limited.call(requestOf(route, other).path, requestOf(route, other));
      const ofNothing = await limited.call(requestOf(route, nothing).path, requestOf(route, nothing));
      expect([nameOf(route), plain(answer, other)]).toEqual([nameOf(route), plain(ofNothing, nothing)]);
      expect(JSON.stringify(answer.body)).not.toContain(marker);
      expect([nameOf(route), JSON.stringify(answer.body)]).toEqual([nameOf(route), expect.stringContaining('"message"')]);
    });
    const { body } = await system.network.call<{ version: number }>(`/v1/conversions/${other.conversionId}`);
    expect(body.version).toBe(1);
    const of = await system.network.call<{ items: unknown[] }>(`/v1/conversions?offerId=${other.offerId}`);
    expect(of.body.items).toHaveLength(1);
  });

  it('finds nothing of it in any list, asked for or not', async () => {
    await eachOf(['filtered'], async (route) => {
      const asked = requestOf(route, other);
      for (const request of [asked, { ...asked, path: asked.path.split('?')[0]! }]) {
        const answer = await limited.call(request.path, request);
        const text = JSON.stringify(answer.body ?? null);
        expect([nameOf(route), answer.status < 300]).toEqual([nameOf(route), true]);
        for (const trace of [marker, other.conversionId, other.deliveryId, `"offerId":${other.offerId},`])
          expect([nameOf(route), text.includes(trace)]).toEqual([nameOf(route), false]);
      }
    });
  });

  it('is refused what concerns all offers', async () => {
    await eachOf(['network-wide'], async (route) => {
      const request = requestOf(route, other);
      expect([nameOf(route), (await limited.call(request.path, request)).status]).toEqual([nameOf(route), 403]);
    });
  });

  it('has its own offer whole', async () => {
    const reads = routes.filter(({ method, relation }) => method === 'GET' && ['offer-path', 'conversion', 'delivery'].includes(relation));
    for (const route of reads) {
      const { path } = requestOf(route, own);
      expect([nameOf(route), (await limited.call(path)).status]).toEqual([nameOf(route), 200]);
    }
    for (const list of ['/v1/offers', '/v1/conversions', '/v1/deliveries']) {
      const { body } = await limited.call<{ items: { id: unknown; offerId?: number }[] }>(list);
      expect(body.items.map(({ id, offerId }) => offerId ?? id)).toEqual([own.offerId]);
    }
    const { affiliateId, offerId } = own;
    const answer = await limited.call('/v1/conversions', { method: 'POST', body: { offerId, affiliateId, status: 'pending' } });
    expect(answer.status).toBe(201);
  });
});

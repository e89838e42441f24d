import { BenchChild } from '../children/calls.js';
import type { ApiLoadCalls } from '../children/api-load-main.js';
import type { Behaviour } from '../children/sink-port.js';
import { BenchError } from '../scenario.js';
import type { World } from './world.js';

const TIMEOUT_MS = 30_000;
/** Callbacks are made so many at a time. */
const AT_ONCE = 8;

export interface ApiSetting {
  readonly affiliateId: number;
  readonly offers: readonly number[];
  /** Of the sink; the callback of offer i goes to the i-th. */
  readonly ports: readonly number[];
}

/** The public API, as an admin's script calls it. @throws {BenchError} with the answer, when it refuses */
export async function post<Body>(world: World, path: string, body: unknown): Promise<Body> {
  const answer = await fetch(world.platform.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.platform.bootstrapApiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await answer.text();
  if (!answer.ok) throw new BenchError(`POST ${path} was answered ${answer.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as Body;
}

/** @throws {BenchError} with the answer, when it is not 200 */
export async function get<Body>(world: World, path: string): Promise<Body> {
  const answer = await fetch(world.platform.url + path, {
    headers: { authorization: `Bearer ${world.platform.bootstrapApiKey}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (answer.status !== 200) throw new BenchError(`GET ${path} was answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
  return (await answer.json()) as Body;
}

/** Makes, over the API, an affiliate and so many offers with one callback each, each to a port of the sink of its own. */
export async function configureByApi(world: World, count: number, behaviour: Behaviour, more: object = {}): Promise<ApiSetting> {
  const ports = await world.sinkPorts(count, behaviour);
  const { id: affiliateId } = await post<{ id: number }>(world, '/v1/affiliates', { name: 'bench' });
  const offers: number[] = new Array<number>(count);
  let next = 0;
  const one = async () => {
    for (let index = next++; index < count; index = next++) {
      const { id } = await post<{ id: number }>(world, '/v1/offers', { name: `offer ${index}` });
      offers[index] = id;
      await addCallback(world, id, affiliateId, `http://127.0.0.1:${ports[index]!}/${id}/{conversion_id}`, more);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return { affiliateId, offers, ports };
}

export async function addCallback(world: World, offerId: number, affiliateId: number, url: string, more: object = {}): Promise<void> {
  await post(world, `/v1/offers/${offerId}/callbacks`, {
    affiliateId,
    conversionStatus: 'done',
    url,
    httpType: 'POST_JSON',
    requestParams: [
      { name: 'click', value: '{click_id}' },
      { name: 'payout', value: '{payout}', type: 'number' },
      { name: 'currency', value: '{currency}' },
      { name: 'sub', value: '{sub1}' },
    ],
    ...more,
  });
}

/** A process that records conversions at conversions-service, as services inside the cluster do. */
export async function apiLoad(
  world: World,
  { affiliateId, offers }: Pick<ApiSetting, 'affiliateId' | 'offers'>,
): Promise<BenchChild<ApiLoadCalls>> {
  const load = new BenchChild<ApiLoadCalls>('api-load-main');
  world.context.closeAtEnd(() => load.stop());
  const { url } = world.platform.service('conversions-service');
  await load.call('open', { url, serviceTokenSecret: world.platform.settings.serviceTokenSecret, affiliateId, offers });
  return load;
}

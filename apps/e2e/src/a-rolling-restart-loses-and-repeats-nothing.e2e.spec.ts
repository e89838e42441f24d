import { setTimeout as delay } from 'node:timers/promises';
import { SERVICES, STOP_ORDER, type ServiceName } from '@ringback/testbed';
import { Balancer } from './harness/balancer.js';
import { eventually } from './harness/eventually.js';
import { Network } from './harness/network.js';
import { ownSystem, type System } from './harness/system.js';
import { Traffic } from './harness/traffic.js';

/** How often an admin does something, in ms. */
const ADMIN_EVERY_MS = 100;

describe('every service replaced in turn, the new one first', () => {
  const balancers = new Map<ServiceName, Balancer>();
  let system: System;
  beforeAll(async () => {
    for (const service of SERVICES) balancers.set(service, await Balancer.start());
    const url = (service: ServiceName): string => balancers.get(service)!.url;
    const urls = {
      OFFERS_URL: url('offers-service'),
      CONVERSIONS_URL: url('conversions-service'),
      DISPATCHER_URL: url('dispatcher-service'),
    };
    system = await ownSystem({ env: urls });
    for (const service of SERVICES) balancers.get(service)!.endpoints([system.platform.service(service).port]);
  });
  afterAll(async () => {
    await system.close();
    for (const balancer of balancers.values()) await balancer.stop();
  });

  /** As Kubernetes does it: the new one is an endpoint once it is ready; the old one is none any more, then gets its SIGTERM. */
  async function replace(service: ServiceName, index: number): Promise<void> {
    const old = system.platform.service(service, index);
    const next = await system.platform.addInstance(service);
    balancers.get(service)!.endpoints([next.port]);
    expect(await old.stop()).toMatchObject({ code: 0 });
  }

  it('under load: nothing lost, nothing repeated, and no answer that is not what was asked for', async () => {
    const { receiver } = system;
    const network = new Network(balancers.get('gateway')!.url, system.platform.bootstrapApiKey);
    const ids = { offerId: (await network.offer()).id, affiliateId: (await network.affiliate()).id };
    receiver.answer({ delayMs: 50 });
    const callback = await network.callback(ids.offerId, { affiliateId: ids.affiliateId, url: `${receiver.url}/{conversion_id}` });

    const traffic = new Traffic(network, () => ({ ...ids, status: 'pending' }), { perSecond: 60 });
    const admin = new Admin(network, `/v1/offers/${ids.offerId}/callbacks/${callback.id}`, `/v1/deliveries?offerId=${ids.offerId}`);
    await eventually(() => expect(receiver.requests.length).toBeGreaterThan(20));
    for (const service of STOP_ORDER.toReversed()) await replace(service, 0);
    const arrived = receiver.requests.length;
    await eventually(() => expect(receiver.requests.length).toBeGreaterThan(arrived + 20));
    const asked = await admin.stop();
    const { acknowledged, refused } = await traffic.stop();
    await system.settled();

    expect(Object.fromEntries(refused)).toEqual({});
    expect(asked.wrong).toEqual([]);
    expect(asked.count).toBeGreaterThan(20);
    expect(receiver.requests.map(({ rawUrl }) => rawUrl.slice(1)).sort()).toEqual([...acknowledged].sort());
  }, 120_000);
});

/** Somebody who edits a callback and looks at its deliveries, all the while. */
class Admin {
  readonly #loop: Promise<void>;
  readonly #wrong: string[] = [];
  #count = 0;
  #isStopped = false;

  constructor(
    private readonly network: Network,
    private readonly callback: string,
    private readonly deliveries: string,
  ) {
    this.#loop = this.#run();
  }

  async stop(): Promise<{ count: number; wrong: readonly string[] }> {
    this.#isStopped = true;
    await this.#loop;
    return { count: this.#count, wrong: this.#wrong };
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      await this.#ask('PATCH', this.callback, { name: `edit ${this.#count}` });
      await this.#ask('GET', this.deliveries);
      // The rate of an admin is the subject here.
      await delay(ADMIN_EVERY_MS, undefined, { ref: false });
    }
  }

  async #ask(method: string, path: string, body?: object): Promise<void> {
    this.#count += 1;
    try {
      const answer = await this.network.call(path, { method, body });
      if (answer.status !== 200) this.#wrong.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    } catch (error) {
      this.#wrong.push(`${method} ${path}: ${String(error)}`);
    }
  }
}

import { spawnSync } from 'node:child_process';
import { SERVICES, type ServiceName } from '@ringback/testbed';
import { eventually } from './harness/eventually.js';
import { documentedMetrics, labelBounds, shownMetrics, type ShownMetric } from './harness/metrics-document.js';
import { runbookEntries } from './harness/runbook.js';
import { ownSystem, type System } from './harness/system.js';

const REQUEST_ID = 'what-operators-see-1';

describe('operators', () => {
  let system: System;
  let conversionId: string;

  beforeAll(async () => {
    system = await ownSystem();
    const { network } = system;
    const inbox = system.inbox();
    const [affiliate, offer] = [await network.affiliate(), await network.offer()];
    await network.callback(offer.id, {
      affiliateId: affiliate.id,
      conversionStatus: 'done',
      url: inbox.url('{click_id}'),
    });
    ({ id: conversionId } = await network.convert({ offerId: offer.id, affiliateId: affiliate.id, status: 'done', clickId: 'c1' }));
    await system.settled();
    await network.call(`/v1/conversions/${conversionId}`, { headers: { 'x-request-id': REQUEST_ID } });
  });
  afterAll(() => system.close());

  const metricsOf = async (service: ServiceName): Promise<ReadonlyMap<string, ShownMetric>> => {
    const headers = { authorization: `Bearer ${system.platform.bootstrapApiKey}` };
    const answer = await fetch(`${system.platform.service(service).url}/metrics`, { headers });
    expect(answer.status).toBe(200);
    return shownMetrics(await answer.text());
  };
  const linesOf = (service: ServiceName) =>
    system.platform
      .service(service)
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it.each(SERVICES)(
    'find every metric of %s in docs/metrics.md, with its type and its labels, and none there that it does not show',
    async (service) => {
      const shown = await metricsOf(service);
      const documented = documentedMetrics().filter(({ services }) => services.includes(service));
      expect([...shown.keys()].toSorted()).toEqual(documented.map(({ name }) => name).toSorted());
      for (const { name, type, labels } of documented) {
        const metric = shown.get(name)!;
        expect({ name, type: metric.type }).toEqual({ name, type });
        // What has no series yet has no labels either.
        if (metric.labels.size > 0 || labels.length === 0)
          expect({ name, labels: [...metric.labels.keys()].toSorted() }).toEqual({ name, labels: [...labels].toSorted() });
      }
    },
  );

  it.each(SERVICES)('pay for no more series of %s than its few labels can have', async (service) => {
    const bounds = labelBounds();
    for (const [name, { labels }] of await metricsOf(service))
      for (const [label, values] of labels)
        expect({ name, label, isBounded: values.size <= (bounds.get(label) ?? 0) }).toEqual({ name, label, isBounded: true });
  });

  it('see the delivery in the figures', async () => {
    const answer = await fetch(`${system.platform.service('dispatcher-service').url}/metrics`);
    const text = await answer.text();
    for (const sample of [
      'ringback_dispatcher_events_total{outcome="matched"} 1',
      'ringback_dispatcher_matches_total 1',
      'ringback_dispatcher_recorded_total{outcome="delivered"} 1',
      'ringback_dispatcher_attempts_total{result="2xx"} 1',
      'ringback_dispatcher_first_attempt_delay_seconds_count{path="direct"} 1',
      'ringback_dispatcher_delivery_latency_seconds_count 1',
      'ringback_dispatcher_breakers_open{scope="destination"} 0',
      'ringback_dispatcher_index_entries{kind="callback"} 1',
    ])
      expect(text.split('\n')).toContain(sample);
  });

  it('follow a request from the gateway into the services by its id', async () => {
    for (const service of ['gateway', 'conversions-service', 'dispatcher-service'] as const)
      await eventually(() => {
        const line = linesOf(service).find(({ msg, requestId }) => msg === 'request' && requestId === REQUEST_ID);
        expect(line).toMatchObject({
          service,
          method: 'GET',
          status: 200,
          ms: expect.any(Number),
          caller: 'bootstrap',
          route: expect.stringMatching(/^\/v1\//),
        });
      });
  });

  it('see attempts once they turn a dispatcher to debug with SIGUSR2, until they turn it back', async () => {
    const { network } = system;
    const dispatcher = system.platform.service('dispatcher-service');
    const attempts = () => linesOf('dispatcher-service').filter(({ msg }) => msg === 'attempt');
    expect(attempts()).toEqual([]);
    const heard = (msg: string) =>
      eventually(() => expect(linesOf('dispatcher-service')).toContainEqual(expect.objectContaining({ level: 'info', msg })));
    dispatcher.signal('SIGUSR2');
    await heard('the log tells more for a while');
    await network.setStatus(conversionId, 'rejected');
    await network.setStatus(conversionId, 'done');
    const attempt = { level: 'debug', status: 200, attempt: 1, deliveryId: expect.any(String) };
    await eventually(() => expect(attempts()).toEqual([expect.objectContaining(attempt)]));
    dispatcher.signal('SIGUSR2');
    await heard('the log is back at its usual level');
  });

  const hasPsql = spawnSync('psql', ['--version']).status === 0;
  it.each(runbookEntries().map(({ heading, commands }) => [heading, commands] as const))(
    'get an answer to each command of the runbook: %s',
    (_, commands) => {
      const { platform } = system;
      const env = {
        ...process.env,
        GATEWAY: platform.url,
        OFFERS: platform.service('offers-service').url,
        CONVERSIONS: platform.service('conversions-service').url,
        DISPATCHER: platform.service('dispatcher-service').url,
        KEY: platform.bootstrapApiKey,
        DATABASE_URL: platform.databaseUrl,
      };
      for (const command of commands.filter((command) => hasPsql || !command.startsWith('psql'))) {
        const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { env, encoding: 'utf8', timeout: 20_000 });
        expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: '' });
        expect(stdout).toMatch(/\S/);
        // A problem, which curl takes for an answer like any other.
        expect(stdout).not.toContain('about:blank');
      }
    },
  );

  it.each(SERVICES)('are told by %s that it has begun, lives and is ready', async (service) => {
    for (const probe of ['startup', 'live', 'ready'])
      expect((await fetch(`${system.platform.service(service).url}/health/${probe}`)).status).toBe(200);
  });
});

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Platform, RecordingReceiver, startKafka, startPostgres } from '@ringback/testbed';
import { DemoNetwork } from '../demo/demo-network.js';
import { FAULTS, type Fault, type FaultyWorld } from './faults.js';
import { prometheusProgram } from './prometheus-programs.js';
import { PrometheusServer } from './prometheus-server.js';
import { readRules, rulesFile } from './rules-file.js';

/** Windows and waits of the rules are shorter by this factor: an hour is a minute. */
const FASTER = 60;
/** A thing must be due for a minute, and a dispatcher stand still for another. */
const FIRES_WITHIN_MS = 150_000;
const CLEARS_WITHIN_MS = 180_000;

/**
 * Makes each fault in a real system of its own that a real Prometheus watches, and tells when each alert fires, and when it clears.
 * @param only parts of names of faults
 * @returns whether all of them did both
 */
export async function runFaults(folder: string, only: readonly string[], signal: AbortSignal): Promise<boolean> {
  const program = await prometheusProgram('prometheus', signal);
  const [kafka, postgres] = await Promise.all([
    startKafka({ dataDir: join(folder, 'kafka') }),
    startPostgres({ dataDir: join(folder, 'postgres') }),
  ]);
  const receiver = await RecordingReceiver.start();
  try {
    const platform = await Platform.start({
      databaseServer: postgres.url,
      brokers: kafka.brokers,
      services: { gateway: { env: { RATE_LIMIT_PER_ADDRESS: '0', RATE_LIMIT_PER_CALLER: '0' } } },
    });
    const prometheus = await PrometheusServer.start({
      program,
      rules: rulesFile(readRules(), FASTER),
      platform,
      folder: join(folder, 'prometheus'),
    });
    try {
      const network = new DemoNetwork({ apiUrl: platform.url, apiKey: platform.bootstrapApiKey });
      const affiliateId = await network.create('/v1/affiliates', { name: 'Ada Traffic' });
      const offerId = await network.create('/v1/offers', { name: 'Well' });
      await network.callback(offerId, {
        affiliateId,
        conversionStatus: 'pending',
        httpType: 'GET',
        url: `${receiver.url}/{conversion_id}`,
      });
      const record = async (count: number, of = offerId) => {
        const items = Array.from({ length: count }, () => ({ offerId: of, affiliateId, status: 'pending', transactionId: randomUUID() }));
        await network.batch(items);
      };
      const world: FaultyWorld = { platform, kafka, postgres, network, offerId, affiliateId, record };
      let isWell = true;
      for (const fault of FAULTS) {
        if (signal.aborted) return false;
        if (only.some((words) => fault.what.includes(words))) isWell = (await tryFault(fault, world, prometheus, signal)) && isWell;
      }
      return isWell;
    } finally {
      await prometheus.stop();
      await platform.stop();
    }
  } finally {
    await receiver.stop();
    await Promise.all([kafka.stop(), postgres.stop()]);
  }
}

async function tryFault(fault: Fault, world: FaultyWorld, prometheus: PrometheusServer, signal: AbortSignal): Promise<boolean> {
  const { what, alerts, make, meanwhile = ({ record }) => record(5) } = fault;
  console.log(`\n${what}:`);
  const goesOn = new AbortController();
  const traffic = keepDoing(() => meanwhile(world), goesOn.signal);
  const mend = await make(world);
  const fired = await each(alerts, 'fires', (firing, alert) => firing.has(alert), prometheus, FIRES_WITHIN_MS, signal);
  goesOn.abort();
  await traffic;
  await mend();
  // Afterwards all is as ever: what is late is a share of what is not.
  const after = new AbortController();
  const usual = keepDoing(() => world.record(5), after.signal);
  const cleared = await each(fired ? alerts : [], 'clears', (firing, alert) => !firing.has(alert), prometheus, CLEARS_WITHIN_MS, signal);
  after.abort();
  await usual;
  return fired && cleared;
}

/** Waits until something is so of each alert, and says when it was. @returns whether it was in time of all */
async function each(
  alerts: readonly string[],
  verb: 'fires' | 'clears',
  isSo: (firing: ReadonlySet<string>, alert: string) => boolean,
  prometheus: PrometheusServer,
  withinMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const startedAt = performance.now();
  const missing = new Set(alerts);
  while (missing.size > 0 && !signal.aborted && performance.now() - startedAt < withinMs) {
    const firing = await prometheus.firing();
    for (const alert of [...missing].filter((alert) => isSo(firing, alert))) {
      missing.delete(alert);
      console.log(`  ${alert} ${verb} after ${Math.round((performance.now() - startedAt) / 1_000)} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  for (const alert of missing) console.log(`  ${alert} does NOT: it ${verb} not within ${withinMs / 1_000} s`);
  return missing.size === 0;
}

/** Once a second, whatever comes of it: it is done in a system that is broken on purpose. */
async function keepDoing(work: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await work().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

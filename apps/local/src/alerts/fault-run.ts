import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { eventually, freePort, Platform, RecordingReceiver, startKafka, startPostgres } from '@ringback/testbed';
import { DemoNetwork } from '../demo/demo-network.js';
import { FAULTS, type Fault, type FaultyWorld } from './faults.js';
import { prometheusProgram } from './prometheus-programs.js';
import { PrometheusServer } from './prometheus-server.js';
import { readRules, rulesFile } from './rules-file.js';

/** Windows and waits of the rules are shorter by this factor: an hour is a minute. */
const FASTER = 60;
const FIRES_WITHIN_MS = 150_000;
const CLEARS_WITHIN_MS = 180_000;
/** The longest window that ends an alert is six hours, so six minutes. */
const CLEARS_LAST_WITHIN_MS = 480_000;

/** What became of an alert: when it fired after the fault was made, and when it cleared after that was mended, in s; null: not in time. */
interface Outcome {
  readonly alert: string;
  readonly what: string;
  firedAfterS: number | null;
  clearedAfterS: number | null;
}

/**
 * Makes each fault in a real system of its own that a real Prometheus watches, and tells when each alert fires, and when it clears.
 * @param only parts of names of faults
 * @returns whether all of them did both, in time
 */
export async function runFaults(folder: string, only: readonly string[], signal: AbortSignal): Promise<boolean> {
  const program = await prometheusProgram('prometheus', signal);
  const [kafka, postgres] = await Promise.all([
    startKafka({ dataDir: join(folder, 'kafka') }),
    startPostgres({ dataDir: join(folder, 'postgres') }),
  ]);
  const receiver = await RecordingReceiver.start();
  try {
    const inspectorPort = await freePort();
    const platform = await Platform.start({
      databaseServer: postgres.url,
      brokers: kafka.brokers,
      services: {
        gateway: { env: { RATE_LIMIT_PER_ADDRESS: '0', RATE_LIMIT_PER_CALLER: '0' } },
        // Node opens it there when it is sent SIGUSR1.
        'offers-service': { nodeArgs: [`--inspect-port=127.0.0.1:${inspectorPort}`] },
      },
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
      const world: FaultyWorld = { platform, kafka, postgres, inspectorPort, network, offerId, affiliateId, record };
      const chosen = FAULTS.filter(({ what }) => only.some((words) => what.includes(words)));
      const outcomes: Outcome[] = [];
      const clearLast: (() => Promise<void>)[] = [];
      for (const fault of chosen) {
        const { found, later } = await tryFault(fault, world, prometheus, signal);
        outcomes.push(...found);
        clearLast.push(later);
        if (signal.aborted) return false;
      }
      console.log('\nafter all of them:');
      const usual = meanwhile(() => world.record(5));
      for (const later of clearLast) await later();
      await usual.stop();
      console.log(`\n${table(outcomes)}`);
      return outcomes.every(({ firedAfterS, clearedAfterS }) => firedAfterS !== null && clearedAfterS !== null);
    } finally {
      await prometheus.stop();
      await platform.stop();
    }
  } finally {
    await receiver.stop();
    await Promise.all([kafka.stop(), postgres.stop()]);
  }
}

/** @returns what became of its alerts, and what waits for those that clear last */
async function tryFault(
  fault: Fault,
  world: FaultyWorld,
  prometheus: PrometheusServer,
  signal: AbortSignal,
): Promise<{ found: readonly Outcome[]; later: () => Promise<void> }> {
  const { what, alerts, clearLast = [], labels = {}, make, meanwhile: traffic = ({ record }) => record(5) } = fault;
  console.log(`\n${what}:`);
  const found = [...alerts, ...clearLast].map((alert): Outcome => ({ alert, what, firedAfterS: null, clearedAfterS: null }));
  const isFiring = async () => {
    const firing = await prometheus.firing();
    return ({ alert }: Outcome) =>
      firing.some((of) => of['alertname'] === alert && Object.entries(labels[alert] ?? {}).every(([name, value]) => of[name] === value));
  };
  /** Waits for what is missing of these, and says when it was. */
  const wait = async (outcomes: readonly Outcome[], verb: 'fires' | 'clears', sinceMs: number, withinMs: number) => {
    const missing = new Set(outcomes);
    while (missing.size > 0 && !signal.aborted && performance.now() - sinceMs < withinMs) {
      const fires = await isFiring();
      for (const outcome of [...missing].filter((outcome) => fires(outcome) === (verb === 'fires'))) {
        missing.delete(outcome);
        const afterS = Math.round((performance.now() - sinceMs) / 1_000);
        outcome[verb === 'fires' ? 'firedAfterS' : 'clearedAfterS'] = afterS;
        console.log(`  ${outcome.alert} ${verb} after ${afterS} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    for (const { alert } of missing) console.log(`  ${alert} does NOT: it ${verb} not within ${withinMs / 1_000} s`);
  };

  // What an earlier fault left firing would prove nothing.
  const settling = meanwhile(() => world.record(5));
  await eventually(async () => signal.aborted || !found.some(await isFiring()), { timeoutMs: CLEARS_LAST_WITHIN_MS, intervalMs: 500 });
  await settling.stop();

  const madeAtMs = performance.now();
  const during = meanwhile(() => traffic(world));
  const mend = await make(world);
  await wait(found, 'fires', madeAtMs, fault.firesWithinMs ?? FIRES_WITHIN_MS);
  await during.stop();
  await mend();
  const mendedAtMs = performance.now();
  const fired = found.filter(({ firedAfterS }) => firedAfterS !== null);
  const isLast = ({ alert }: Outcome) => clearLast.includes(alert);
  // Afterwards all is as ever: what is late is a share of what is not.
  const usual = meanwhile(() => world.record(5));
  await wait(
    fired.filter((outcome) => !isLast(outcome)),
    'clears',
    mendedAtMs,
    CLEARS_WITHIN_MS,
  );
  await usual.stop();
  const atTheEnd = async () => {
    const last = fired.filter(isLast);
    const withinMs = performance.now() - mendedAtMs + CLEARS_LAST_WITHIN_MS;
    await wait(last, 'clears', mendedAtMs, withinMs);
  };
  return { found, later: atTheEnd };
}

/** Once a second, whatever comes of it: it is done in a system that is broken on purpose. */
function meanwhile(work: () => Promise<unknown>): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const keepDoing = async () => {
    while (!stopping.signal.aborted) {
      await work().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  };
  const done = keepDoing();
  return {
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

/** The outcome as docs/runbook.md shows it. */
function table(outcomes: readonly Outcome[]): string {
  const seconds = (s: number | null) => (s === null ? 'NOT' : `${s} s`);
  const rows = outcomes.map((outcome) => [
    outcome.alert.replace('Ringback', ''),
    outcome.what,
    seconds(outcome.firedAfterS),
    seconds(outcome.clearedAfterS),
  ]);
  return [['alert', 'fault', 'fires after', 'clears after'], ['---', '---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

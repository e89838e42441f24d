import { performance } from 'node:perf_hooks';
import type pg from 'pg';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { Health } from './health.js';

export { Registry } from 'prom-client';

/** @returns the registry behind a process' `/metrics`, with what every process has: CPU, memory, garbage collection, the event loop. */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Counter({
    name: 'ringback_event_loop_active_seconds_total',
    help: 'Seconds that the event loop was at work; its rate is the utilisation, 0 to 1',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(performance.eventLoopUtilization().active / 1_000);
    },
  });
  return registry;
}

/** A pool whose connections are shown; undefined until it is there. */
type PoolSource = () => Pick<pg.Pool, 'totalCount' | 'idleCount' | 'waitingCount' | 'options'> | undefined;

const poolsByRegistry = new WeakMap<Registry, Map<string, PoolSource>>();

/** Shows how many connections of a pool are idle and busy, how many it may have, and how many wait for one. @param name one of a few of the process */
export function showPool(registry: Registry, name: string, pool: PoolSource): void {
  const known = poolsByRegistry.get(registry);
  if (known !== undefined) {
    known.set(name, pool);
    return;
  }
  const pools = new Map([[name, pool]]);
  poolsByRegistry.set(registry, pools);
  const there = () => [...pools].flatMap(([name, source]) => [[name, source()] as const]).filter(([, pool]) => pool !== undefined);
  const registers = [registry];
  new Gauge({
    name: 'ringback_postgres_pool_connections',
    help: 'Connections of a pool, by what they do',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const [pool, { totalCount, idleCount } = { totalCount: 0, idleCount: 0 }] of there()) {
        this.set({ pool, state: 'idle' }, idleCount);
        this.set({ pool, state: 'busy' }, totalCount - idleCount);
      }
    },
  });
  new Gauge({
    name: 'ringback_postgres_pool_max_connections',
    help: 'Most connections that a pool may have',
    labelNames: ['pool'],
    registers,
    collect() {
      for (const [pool, source] of there()) this.set({ pool }, source?.options.max ?? 0);
    },
  });
  new Gauge({
    name: 'ringback_postgres_pool_waiting',
    help: 'Callers that wait for a connection of a pool',
    labelNames: ['pool'],
    registers,
    collect() {
      for (const [pool, source] of there()) this.set({ pool }, source?.waitingCount ?? 0);
    },
  });
}

/** Shows what `/health/ready` and `/health/live` say, and which dependency a part waits for. */
export function showHealth(registry: Registry, health: Health): void {
  const registers = [registry];
  new Gauge({
    name: 'ringback_ready',
    help: '1 while /health/ready says yes',
    registers,
    collect() {
      this.set(health.ready ? 1 : 0);
    },
  });
  new Gauge({
    name: 'ringback_part_alive',
    help: '1 while a part of the process is well, or waits for a dependency',
    labelNames: ['part'],
    registers,
    collect() {
      for (const [part, { ok }] of Object.entries(health.live().parts)) this.set({ part }, ok ? 1 : 0);
    },
  });
  new Gauge({
    name: 'ringback_part_waits',
    help: '1 while a part of the process waits for a dependency',
    labelNames: ['part', 'dependency'],
    registers,
    collect() {
      this.reset();
      for (const [part, { waitsFor }] of Object.entries(health.live().parts))
        if (waitsFor !== undefined) this.set({ part, dependency: waitsFor }, 1);
    },
  });
}

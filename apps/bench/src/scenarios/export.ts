import { residentMb } from '../measure/process-usage.js';
import { atLeast, atMost, exactly, told, type Row } from '../report/row.js';
import { BenchError, type BenchContext, type Scenario } from '../scenario.js';
import { World } from '../world/world.js';

/** 100 a second, backwards from now, over seven affiliates and fifty callbacks; one of ten failed. Ids as deliveries have them. */
const SEED = `
  insert into dispatcher.delivery (id, settled_at, started_at, conversion_id, offer_id, affiliate_id, callback_id, conversion_version,
    event_type, conversion_status, status, duration_ms, attempts, http_status, event_id, destination, error)
  select (lpad(to_hex($1::bigint - n * 10), 12, '0') || '8' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
    now(), now(), gen_random_uuid(), 1 + n % 20, 1 + n % 7, 1 + n % 50, 1, 'ConversionCreated', 'done',
    (case when n % 10 = 0 then 'exhausted' else 'delivered' end)::dispatcher.settled_status, 80, 1,
    case when n % 10 = 0 then 500 else 200 end, gen_random_uuid()::text, 'https://tracker.example.com:443',
    case when n % 10 = 0 then 'answered 500' end
  from generate_series($2::bigint, $3::bigint) as n`;
const CHUNK = 50_000;
/** Of the log, its newest tenth: exported first. Memory is flat when ten times as many rows take no more. */
const TENTH = 10;

interface Measured {
  readonly rows: number;
  readonly perSecond: number;
  /** Most memory beyond what the process had before, in MB. */
  readonly gatewayMb: number;
  readonly dispatcherMb: number;
}

/** How fast the log is exported through the gateway, and whether all of it takes more memory in a process on the way than a tenth of it. */
export const exporting: Scenario = {
  name: 'export',
  title: 'The delivery log as a file, through the gateway',
  async run(context: BenchContext): Promise<Row[]> {
    const count = context.short ? 20_000 : 1_000_000;
    const world = await World.start(context, { without: ['offers-service', 'conversions-service'] });
    const step = context.step('seeding the log', count);
    const nowMs = Date.now();
    for (let from = 1; from <= count; from += CHUNK) {
      context.signal.throwIfAborted();
      await world.sql(SEED, [nowMs, from, Math.min(count, from + CHUNK - 1)]);
      step.at(from);
    }
    await world.sql('analyze dispatcher.delivery');
    step.done();
    const tenth = context.step('exporting a tenth');
    const first = await measure(world, 'ndjson', new Date(nowMs - (count / TENTH) * 10));
    tenth.done();
    const results: Record<string, Measured> = {};
    for (const format of ['ndjson', 'csv'] as const) {
      const exported = context.step(`exporting as ${format}`);
      results[format] = await measure(world, format);
      exported.done();
    }
    return [
      told('exported first', first.rows, 'rows'),
      told('memory of the dispatcher for these, beyond before', first.dispatcherMb, 'MB'),
      told('memory of the gateway for these, beyond before', first.gatewayMb, 'MB'),
      ...Object.entries(results).flatMap(([format, { rows, perSecond, gatewayMb, dispatcherMb }]) => [
        atLeast(`${format}, through the gateway`, perSecond, 20_000, 'rows/s'),
        exactly(`${format}: rows that are missing`, count - rows, 0, 'rows'),
        atMost(`${format}: memory of the dispatcher, beyond before`, dispatcherMb, 100, 'MB'),
        atMost(`${format}: memory of the gateway, beyond before`, gatewayMb, 100, 'MB'),
        told(`${format}: exported`, rows, 'rows'),
      ]),
    ];
  },
};

async function measure(world: World, format: 'ndjson' | 'csv', from?: Date): Promise<Measured> {
  const pids = [world.platform.service('gateway').pid, world.dispatcher.pid];
  const before = pids.map(residentMb);
  let peaks = before;
  const sampler = setInterval(() => (peaks = pids.map((pid, index) => Math.max(peaks[index]!, residentMb(pid)))), 100);
  try {
    const range = from === undefined ? '' : `&from=${from.toISOString()}`;
    const startedAt = performance.now();
    const answer = await fetch(`${world.platform.url}/v1/deliveries/export?format=${format}${range}`, {
      headers: { authorization: `Bearer ${world.platform.bootstrapApiKey}` },
    });
    if (answer.status !== 200 || answer.body === null) throw new BenchError(`the export was answered ${answer.status}`);
    let rows = format === 'csv' ? -1 : 0;
    // Counted as bytes: what reads the lines must not be what is measured.
    for await (const chunk of answer.body) for (const byte of chunk) if (byte === 10) rows++;
    const perSecond = (rows * 1_000) / (performance.now() - startedAt);
    return { rows, perSecond, gatewayMb: peaks[0]! - before[0]!, dispatcherMb: peaks[1]! - before[1]! };
  } finally {
    clearInterval(sampler);
  }
}

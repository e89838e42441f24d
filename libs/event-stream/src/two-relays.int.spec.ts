import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, faultSizes } from '@ringback/testbed';
import { OutboxRoom, SCHEMA } from './testing/outbox-room.js';
import type { TopicRecord } from './topic-reader.js';

const { pausedRelayMs } = faultSizes();
const KEYS = 20;
/** Kafka's cleaner gets to a topic with such segments within seconds. */
const CLEANED_SOON = {
  'cleanup.policy': 'compact',
  'segment.ms': '200',
  'min.cleanable.dirty.ratio': '0.01',
  'delete.retention.ms': '100',
};

type Said =
  { type: 'started' } | { type: 'sent'; count: number } | { type: 'freezing'; values: string[] } | { type: 'log'; message: string };

class RelayProcess {
  readonly said: Said[] = [];
  readonly exited: Promise<unknown>;
  readonly #child: ChildProcess;

  constructor(room: OutboxRoom, instanceId: string) {
    const settings = JSON.stringify({ databaseUrl: room.databaseUrl, brokers: room.brokers, schema: SCHEMA, instanceId });
    this.#child = fork(join(import.meta.dirname, 'testing/relay-process.mjs'), [settings], {
      execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
    });
    this.#child.on('message', (message) => void this.said.push(message as Said));
    this.exited = new Promise((resolve) => this.#child.once('exit', resolve));
  }

  tell(message: object): void {
    if (this.#child.connected) this.#child.send(message);
  }

  get isFrozen(): boolean {
    // The third field of /proc/<pid>/stat, after the name in brackets.
    return readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]!.startsWith('T');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  get sent(): number {
    return this.said.reduce((sum, message) => sum + (message.type === 'sent' ? message.count : 0), 0);
  }

  async end(): Promise<void> {
    this.resume();
    this.tell({ type: 'stop' });
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 15_000);
    await this.exited;
    clearTimeout(timer);
  }
}

/** Writes versions 1, 2, 3… of each key, a transaction at a time, until told to stop; each record under a key of its own, as configurations are. */
class Writer {
  readonly versions = new Map<string, number>();
  #isDone = false;
  readonly #writing: Promise<void>;

  constructor(room: OutboxRoom, relays: readonly RelayProcess[]) {
    this.#writing = this.#write(room, relays);
  }

  async finish(): Promise<void> {
    this.#isDone = true;
    await this.#writing;
  }

  async #write(room: OutboxRoom, relays: readonly RelayProcess[]): Promise<void> {
    for (let n = 0; !this.#isDone; n++) {
      const rows = [0, 1, 2].map((step) => {
        const name = `callback:${(n * 3 + step) % KEYS}`;
        const version = (this.versions.get(name) ?? 0) + 1;
        this.versions.set(name, version);
        return { key: `${name}:${version}`, value: Buffer.from(`${name}:${version}`) };
      });
      await room.append(rows);
      for (const relay of relays) relay.tell({ type: 'wake' });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** First appearances per name, in the order of the topic; and the newest version that a reader ends with. */
function digest(records: readonly TopicRecord[]) {
  const seen = new Set<string>();
  const firsts = new Map<string, number[]>();
  let repeats = 0;
  for (const { key } of records) {
    if (seen.has(key)) repeats += 1;
    else {
      seen.add(key);
      const at = key.lastIndexOf(':');
      const name = key.slice(0, at);
      firsts.set(name, [...(firsts.get(name) ?? []), Number(key.slice(at + 1))]);
    }
  }
  return { firsts, repeats, newest: new Map([...firsts].map(([name, versions]) => [name, Math.max(...versions)])) };
}

describe.each(['before-send', 'in-flight'] as const)('two relays, one of them stopped in mid-send (%s)', (mode) => {
  it(
    'lose nothing, keep the order of first appearances, and end at the last versions, also after the cleaner ran',
    async () => {
      const room = await OutboxRoom.open({ config: CLEANED_SOON });
      const { reader, records, fatal } = room.reader();
      const relays: RelayProcess[] = [];
      try {
        await reader.start();
        const one = new RelayProcess(room, 'one');
        relays.push(one);
        await eventually(() => one.said.some(({ type }) => type === 'started'), { timeoutMs: 30_000 });
        const two = new RelayProcess(room, 'two');
        relays.push(two);
        const writer = new Writer(room, relays);
        await eventually(() => one.sent + two.sent > 50, { timeoutMs: 30_000 });
        const [holder, other] = one.sent > 0 ? [one, two] : [two, one];
        expect(other.sent).toBe(0);

        holder.tell({ type: 'freeze', mode });
        await eventually(() => holder.isFrozen);
        const frozenAt = performance.now();
        await eventually(() => other.sent > 50, { timeoutMs: 20_000 });
        await eventually(() => performance.now() - frozenAt > pausedRelayMs, { timeoutMs: pausedRelayMs + 5_000, intervalMs: 250 });
        holder.resume();
        await eventually(() => holder.said.some((said) => said.type === 'log' && said.message.includes('another relay publishes')), {
          timeoutMs: 30_000,
        });
        await writer.finish();
        await eventually(async () => (await room.waiting()) === 0, { timeoutMs: 20_000 });
        expect(await reader.catchUp({ timeoutMs: 10_000, questionTimeoutMs: 5_000 })).toBe('fresh');

        const { firsts, repeats, newest } = digest(records);
        for (const [name, last] of writer.versions)
          expect([name, firsts.get(name)]).toEqual([name, Array.from({ length: last }, (_, index) => index + 1)]);
        // The frozen batch came again from the one who took over: otherwise it was not stopped in mid-send.
        expect(repeats).toBeGreaterThan(0);
        expect(newest).toEqual(writer.versions);
        expect(fatal).toEqual([]);

        // What the cleaner removes are the repeats: it has been there when a reader from the beginning finds fewer records.
        await eventually(
          async () => {
            await room.append([{ key: 'roll', value: Buffer.from('x') }]);
            other.tell({ type: 'wake' });
            return (await room.published()).filter((line) => line.startsWith('callback')).length < records.length;
          },
          { timeoutMs: 40_000, intervalMs: 500 },
        );
        const late = room.reader();
        await late.reader.start();
        expect(digest(late.records.filter(({ key }) => key !== 'roll')).newest).toEqual(writer.versions);
      } finally {
        await Promise.all(relays.map((relay) => relay.end()));
        await room.close();
      }
    },
    pausedRelayMs + 120_000,
  );
});

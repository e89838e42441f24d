import { setTimeout as delay } from 'node:timers/promises';
import type { Delivery } from '@ringback/contracts';
import { DemoNetwork, type DemoTarget } from './demo-network.js';
import { DemoReceiver } from './demo-receiver.js';
import { DemoScenario, type Intake, type Sent } from './demo-scenario.js';

/** Longest wait for everything to arrive, in ms: the flaky receiver's retries come after 5 s ± 20 %. */
const ARRIVAL_TIMEOUT_MS = 90_000;
const VIEW_INTERVAL_MS = 500;

/** Runs the scenario against a running system and prints what happens. @returns whether the summary adds up. */
export async function runDemo(target: DemoTarget & Intake, print: (line: string) => void): Promise<boolean> {
  const network = new DemoNetwork(target);
  const receiver = await DemoReceiver.start();
  try {
    print(`A receiver listens at ${receiver.url}.`);
    const scenario = await DemoScenario.setUp(network, receiver.url);
    print('Three affiliates, two offers and six callbacks are in force. Conversions flow through HTTP and Kafka:');
    const view = new LiveView(receiver, scenario.sent, print);
    try {
      await Promise.all([
        scenario.flowThroughHttp((done) => view.note(`${done} conversions sent over HTTP`)),
        scenario.flowThroughKafka(target, (done) => view.note(`${done} conversions sent over Kafka`)),
      ]);
      await arrived(receiver, scenario.sent);
    } finally {
      view.stop();
    }
    const logged = await loggedDeliveries(network, scenario.sent);
    return summarise(scenario.sent, receiver, logged, print);
  } finally {
    await receiver.stop();
  }
}

/** One line twice a second: what arrived since, and the newest request of the path that is most alive. */
class LiveView {
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #seen = 0;
  #notes: string[] = [];

  constructor(
    private readonly receiver: DemoReceiver,
    private readonly sent: Sent,
    private readonly print: (line: string) => void,
  ) {
    this.#timer = setInterval(() => this.#show(), VIEW_INTERVAL_MS);
  }

  note(text: string): void {
    this.#notes.push(text);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#show();
  }

  #show(): void {
    const { requests, deliveries, paths } = this.receiver;
    if (requests === this.#seen && this.#notes.length === 0) return;
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(5);
    const newest = [...paths.values()].at(requests % Math.max(paths.size, 1))?.last ?? '';
    this.print(
      `${seconds} s  ${String(deliveries).padStart(5)} of ${this.sent.matches} delivered  +${requests - this.#seen}  ${newest.slice(0, 110)}`,
    );
    for (const note of this.#notes.splice(0)) this.print(`         ${note}`);
    this.#seen = requests;
  }
}

async function arrived(receiver: DemoReceiver, sent: Sent): Promise<void> {
  const deadline = performance.now() + ARRIVAL_TIMEOUT_MS;
  while (receiver.deliveries < sent.matches && performance.now() < deadline) await delay(100);
}

/** @returns the log's rows of both offers, once none of them waits any more (or the time is up). */
async function loggedDeliveries(network: DemoNetwork, sent: Sent): Promise<Delivery[]> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const logged = (await Promise.all(sent.offerIds.map((offerId) => network.deliveries(offerId)))).flat();
    const open = logged.filter(({ status }) => status === 'waiting' || status === 'retrying');
    if ((logged.length >= sent.matches && open.length === 0) || performance.now() > deadline) return logged;
    await delay(250);
  }
}

function summarise(sent: Sent, receiver: DemoReceiver, logged: readonly Delivery[], print: (line: string) => void): boolean {
  const delivered = logged.filter(({ status }) => status === 'delivered');
  const attempts = logged.reduce((sum, delivery) => sum + delivery.attempts, 0);
  const rows: [what: string, expected: number, found: number][] = [
    ['events → matches: deliveries in the log', sent.matches, logged.length],
    ['delivered, says the log', sent.matches, delivered.length],
    ['delivered, says the receiver', sent.matches, receiver.deliveries],
    ['retries (attempts beyond the first)', sent.refusedOnce, attempts - logged.length],
    ['requests at the receiver', sent.matches + sent.refusedOnce, receiver.requests],
  ];
  print('');
  print(`Summary: ${sent.events} events set off ${sent.matches} deliveries.`);
  for (const [what, expected, found] of rows)
    print(
      `  ${found === expected ? '✓' : '✗'} ${what.padEnd(42)} ${String(found).padStart(6)}${found === expected ? '' : ` (expected ${expected})`}`,
    );
  for (const [path, { requests, delivered: ids, last }] of [...receiver.paths].sort())
    print(`    ${path.padEnd(12)} ${requests} requests, ${ids.size} delivered, the last: ${last.slice(0, 140)}`);
  const addsUp = rows.every(([, expected, found]) => expected === found);
  print(addsUp ? 'It adds up.' : 'It does not add up.');
  return addsUp;
}

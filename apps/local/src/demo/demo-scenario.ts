import { randomUUID } from 'node:crypto';
import { commandKey, encodeEvent, topicName, TOPICS, type ConversionCommand, type ConversionStatus } from '@ringback/contracts';
import { EventStream, Publisher, type EventStreamLogger } from '@ringback/event-stream';
import type { KafkaConnection } from '@ringback/service-runtime';
import type { DemoNetwork } from './demo-network.js';

/** What the scenario made, counted on the sender's side with a model of its own: what the summary must add up to. */
export interface Sent {
  readonly offerIds: readonly number[];
  events: number;
  matches: number;
  /** Matches whose first attempt the receiver refuses. */
  refusedOnce: number;
}

interface Kind {
  readonly affiliateId: number;
  readonly status: ConversionStatus;
  readonly goalId: number | null;
  readonly flaky?: boolean;
}

export interface Intake {
  readonly kafka: KafkaConnection;
  readonly topicPrefix: string;
}

const HTTP_CONVERSIONS = 800;
const KAFKA_CONVERSIONS = 400;
const COUNTRIES = ['DE', 'FR', 'PL', 'BR', 'IN'];
const quiet: EventStreamLogger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Sets up three affiliates and two offers with callbacks of every kind, then lets conversions flow through HTTP and Kafka. */
export class DemoScenario {
  readonly sent: Sent;
  readonly #callbacks = new Map<number, Kind[]>();
  readonly #goalsEnabled = new Map<number, boolean>();

  private constructor(
    private readonly network: DemoNetwork,
    private readonly affiliates: readonly number[],
    readonly offers: readonly [games: number, shop: number],
    private readonly goals: readonly [signUp: number, deposit: number],
  ) {
    this.sent = { offerIds: offers, events: 0, matches: 0, refusedOnce: 0 };
  }

  /** @param receiverUrl where all callbacks go */
  static async setUp(network: DemoNetwork, receiverUrl: string): Promise<DemoScenario> {
    const affiliates: number[] = [];
    for (const name of ['Ada Traffic', 'Blau Media', 'Çelik Ağı']) affiliates.push(await network.create('/v1/affiliates', { name }));
    const games = await network.create('/v1/offers', { name: 'Bright Games', goalsEnabled: true });
    const shop = await network.create('/v1/offers', { name: 'Corner Shop & Co', goalsEnabled: false });
    const signUp = await network.create(`/v1/offers/${games}/goals`, { name: 'Sign-up' });
    const deposit = await network.create(`/v1/offers/${games}/goals`, { name: 'First deposit' });
    const scenario = new DemoScenario(network, affiliates, [games, shop], [signUp, deposit]);
    scenario.#goalsEnabled.set(games, true).set(shop, false);
    const [ada, blau, celik] = affiliates as [number, number, number];

    await scenario.#callback(
      games,
      { affiliateId: ada, status: 'pending', goalId: null },
      {
        httpType: 'GET',
        url: `${receiverUrl}/get?click={click_id}&goal={goal_name|default:none}&t={conversion_time|fmt:unix}`,
        requestParams: [
          { name: 'sub', value: '{sub1|upper}' },
          { name: 'offer', value: '{offer_name}' },
        ],
      },
    );
    await scenario.#callback(
      games,
      { affiliateId: ada, status: 'done', goalId: signUp },
      {
        httpType: 'POST_FORM',
        url: `${receiverUrl}/form`,
        basicAuth: { login: 'ada', password: 'correct horse' },
        requestParams: [
          { name: 'txn', value: '{transaction_id}' },
          { name: 'sum', value: '{payout} {currency}' },
          { name: 'state', value: '{status|map:pending=1,done=2,rejected=3}' },
        ],
      },
    );
    await scenario.#callback(
      games,
      { affiliateId: blau, status: 'done', goalId: deposit },
      {
        httpType: 'POST_JSON',
        url: `${receiverUrl}/json/{goal_id}`,
        basicAuth: { token: 'Ymxhdjp0b2tlbg==' },
        requestParams: [
          { name: 'click.id', value: '{click_id}' },
          { name: 'click.country', value: '{country|lower}' },
          { name: 'amount', value: '{payout}', type: 'number' },
          { name: 'test', value: 'false', type: 'boolean' },
          { name: 'key', value: 'k-123456', secret: true },
        ],
      },
    );
    await scenario.#callback(
      shop,
      { affiliateId: celik, status: 'rejected', goalId: null },
      {
        httpType: 'POST_JSON',
        url: `${receiverUrl}/rejected`,
        requestHeaders: [
          { name: 'Authorization', value: 'Bearer t-abcdef', secret: true },
          { name: 'X-Attempt', value: '{attempt}' },
        ],
        requestParams: [
          { name: 'id', value: '{conversion_id}' },
          { name: 'was', value: '{previous_status}' },
          { name: 'why', value: '{reject_reason}' },
        ],
      },
    );
    await scenario.#callback(
      shop,
      { affiliateId: blau, status: 'pending', goalId: null, flaky: true },
      {
        httpType: 'GET',
        url: `${receiverUrl}/flaky?id={conversion_id}&attempt={attempt}`,
        retry: 'short',
      },
    );
    await scenario.#callback(
      shop,
      { affiliateId: celik, status: 'pending', goalId: null },
      { httpType: 'GET', url: `${receiverUrl}/get?colour={param.colour}` },
    );
    return scenario;
  }

  /** 800 conversions in batches over HTTP, three of four get another status later. */
  async flowThroughHttp(onProgress: (done: number) => void): Promise<void> {
    for (let first = 0; first < HTTP_CONVERSIONS; first += 100) {
      const items = Array.from({ length: 100 }, (_, index) => this.#conversion(first + index));
      const { items: answers } = await this.network.batch(items);
      const changes = answers.flatMap((answer, index) => {
        if (!('conversion' in answer)) throw new Error(`a conversion was refused: ${JSON.stringify(answer.problem)}`);
        this.#count(items[index]!, items[index]!.status);
        const next = nextStatus(first + index);
        return next === null ? [] : [{ item: items[index]!, id: answer.conversion.id, status: next }];
      });
      await this.network.statuses(changes.map(({ id, status }) => ({ id, status, ...rejectionReason(status) })));
      for (const { item, status } of changes) this.#count(item, status);
      onProgress(first + 100);
    }
  }

  /** 400 conversions and their changes of status as commands on Kafka. */
  async flowThroughKafka(intake: Intake, onProgress: (done: number) => void): Promise<void> {
    const publisher = new Publisher(new EventStream({ ...intake.kafka, clientId: 'demo', logger: quiet }));
    await publisher.connect();
    try {
      const topic = topicName(TOPICS.conversionsCommands, intake.topicPrefix);
      for (let first = 0; first < KAFKA_CONVERSIONS; first += 50) {
        const commands = Array.from({ length: 50 }, (_, index) => this.#commands(HTTP_CONVERSIONS + first + index)).flat();
        await publisher.send(commands.map((command) => ({ topic, key: commandKey(command), value: encodeEvent(command) })));
        onProgress(first + 50);
      }
    } finally {
      await publisher.close();
    }
  }

  #commands(index: number): ConversionCommand[] {
    const data = this.#conversion(index);
    const envelope = () => ({ specversion: '1.0' as const, id: randomUUID(), source: '/demo/tracker', time: new Date().toISOString() });
    this.#count(data, data.status);
    const next = nextStatus(index);
    const record: ConversionCommand = { ...envelope(), type: 'RecordConversion', data };
    if (next === null) return [record];
    this.#count(data, next);
    return [
      record,
      {
        ...envelope(),
        type: 'ChangeStatus',
        data: { offerId: data.offerId, transactionId: data.transactionId, status: next, ...rejectionReason(next) },
      },
    ];
  }

  /** One conversion after another is another mix of offer, affiliate and goal. */
  #conversion(index: number) {
    const offerId = this.offers[index % 2]!;
    const goalId = offerId === this.offers[0] ? this.goals[Math.floor(index / 2) % 2]! : null;
    return {
      offerId,
      affiliateId: this.affiliates[Math.floor(index / 3) % 3]!,
      ...(goalId === null ? {} : { goalId }),
      status: 'pending' as const,
      transactionId: `txn-${randomUUID()}`,
      clickId: `click ${index} & co`,
      payout: `${(index % 40) + 1}.50`,
      currency: 'EUR',
      sub1: `camp-${index % 7}`,
      country: COUNTRIES[index % COUNTRIES.length]!,
      params: { colour: index % 2 === 0 ? 'red' : 'grün' },
    };
  }

  async #callback(offerId: number, kind: Kind, fields: Record<string, unknown>): Promise<void> {
    await this.network.callback(offerId, {
      affiliateId: kind.affiliateId,
      conversionStatus: kind.status,
      ...(kind.goalId === null ? {} : { goalId: kind.goalId }),
      ...fields,
    });
    this.#callbacks.set(offerId, [...(this.#callbacks.get(offerId) ?? []), kind]);
  }

  /** The sender's own idea of what an event sets off, apart from the product's. */
  #count(conversion: { offerId: number; affiliateId: number; goalId?: number }, status: ConversionStatus): void {
    this.sent.events++;
    for (const kind of this.#callbacks.get(conversion.offerId) ?? []) {
      if (kind.affiliateId !== conversion.affiliateId || kind.status !== status) continue;
      if (this.#goalsEnabled.get(conversion.offerId) && kind.goalId !== null && kind.goalId !== conversion.goalId) continue;
      this.sent.matches++;
      if (kind.flaky) this.sent.refusedOnce++;
    }
  }
}

function nextStatus(index: number): ConversionStatus | null {
  return ([null, 'done', 'rejected', 'done'] as const)[Math.floor(index / 6) % 4]!;
}

function rejectionReason(status: ConversionStatus): { rejectReason?: string } {
  return status === 'rejected' ? { rejectReason: 'charge reversed by the bank' } : {};
}

import type { Figures } from './figures.js';

/** What is not measured but supposed; each has its option. */
export interface Assumptions {
  /** Deliveries that one event makes, on average. */
  readonly callbacksPerEvent: number;
  /** How busy a core is planned to be: the rest is for peaks, and for a process that is replaced. */
  readonly utilisation: number;
  /** How long a receiver takes to answer, on average, in ms. */
  readonly answerMs: number;
  /** Of an event on Kafka, as it is compressed by nobody. */
  readonly eventBytes: number;
  /** Of a conversion in PostgreSQL, with its history and indexes. */
  readonly conversionBytes: number;
  /** The average rate over days, of the rate that is planned for: what fills disks. */
  readonly averageShare: number;
  /** How long the delivery log (LOG_RETENTION_DAYS) and conversions (CONVERSION_RETENTION_DAYS, 400 at least) are kept, in days. */
  readonly logDays: number;
  readonly conversionDays: number;
  /** Copies of each record on Kafka. */
  readonly replicas: number;
  /** Events a second that one outbox relay publishes: sends of 500 rows, one after another, 20 ms each. */
  readonly relayPerSecond: number;
  /** Cores of the largest PostgreSQL primary one would run. */
  readonly primaryCores: number;
}

export const ASSUMED: Assumptions = {
  callbacksPerEvent: 1,
  utilisation: 0.5,
  answerMs: 150,
  eventBytes: 1_200,
  conversionBytes: 1_500,
  averageShare: 0.4,
  logDays: 30,
  conversionDays: 400,
  replicas: 3,
  relayPerSecond: 25_000,
  primaryCores: 64,
};

/** As the services are set by default: config.ts of each app, libs/contracts/src/topics.ts. */
const DEFAULTS = { partitions: 12, inFlightPerDispatcher: 4_000, eventRetentionDays: 7 };
/** Connections of one process, those that listen for notifications included. */
const CONNECTIONS = { dispatcher: 10 + 7 + 4 + 2 + 1, conversions: 20 + 8 + 1, offers: 8 + 10 + 1, gateway: 10 + 4 + 1 };
const DAY_S = 86_400;
/** Two of each, so that one may be replaced. */
const FEWEST = 2;

/** What a rate of deliveries needs. */
export interface Plan {
  readonly deliveriesPerSecond: number;
  readonly eventsPerSecond: number;
  readonly dispatchers: number;
  readonly conversionsServices: number;
  readonly gateways: number;
  /** Of `conversions.events`. */
  readonly partitions: number;
  readonly requestsInFlight: number;
  readonly postgresCores: number;
  readonly postgresConnections: number;
  readonly kafkaCores: number;
  readonly logBytesADay: number;
  readonly ledgerBytesADay: number;
  /** Log and conversions for as long as they are kept. */
  readonly postgresBytes: number;
  /** All copies, for as long as they are kept. */
  readonly kafkaBytes: number;
  /** What gives way first when the rate grows, at which rate, and what to do about it. */
  readonly limits: readonly Limit[];
}

export interface Limit {
  readonly what: string;
  /** Deliveries a second. */
  readonly at: number;
  readonly remedy: string;
}

/** A pure function of what was measured and what is assumed: docs/capacity.md is written by it. */
export function planFor(deliveriesPerSecond: number, figures: Figures, assumed: Assumptions = ASSUMED): Plan {
  const { callbacksPerEvent, utilisation } = assumed;
  const events = deliveriesPerSecond / callbacksPerEvent;
  const coresFor = (perSecond: number, cpuMs: number): number => (perSecond * cpuMs) / 1_000_000 / utilisation;
  // A Node process has one core for its JavaScript.
  const processes = (cores: number): number => Math.max(FEWEST, Math.ceil(cores));
  const requestsInFlight = Math.ceil((deliveriesPerSecond * assumed.answerMs) / 1_000);
  const dispatchers = Math.max(
    processes(coresFor(deliveriesPerSecond, figures.dispatcherCpuMs)),
    Math.ceil(requestsInFlight / DEFAULTS.inFlightPerDispatcher),
  );
  const conversionsServices = processes(coresFor(events, figures.conversionsCpuMs));
  const gateways = processes(coresFor(events, figures.gatewayCpuMs));
  const averageDayS = DAY_S * assumed.averageShare;
  const logBytesADay = deliveriesPerSecond * averageDayS * figures.logBytes;
  const ledgerBytesADay = events * averageDayS * assumed.conversionBytes;
  return {
    deliveriesPerSecond,
    eventsPerSecond: events,
    dispatchers,
    conversionsServices,
    gateways,
    partitions: Math.max(DEFAULTS.partitions, roundUp(2 * dispatchers, DEFAULTS.partitions)),
    requestsInFlight,
    postgresCores: Math.ceil(coresFor(deliveriesPerSecond, figures.postgresCpuMs)),
    postgresConnections:
      dispatchers * CONNECTIONS.dispatcher +
      conversionsServices * CONNECTIONS.conversions +
      gateways * CONNECTIONS.gateway +
      FEWEST * CONNECTIONS.offers,
    kafkaCores: Math.ceil(coresFor(events, figures.kafkaCpuMs) * assumed.replicas),
    logBytesADay,
    ledgerBytesADay,
    postgresBytes: logBytesADay * assumed.logDays + ledgerBytesADay * assumed.conversionDays,
    kafkaBytes: events * averageDayS * assumed.eventBytes * DEFAULTS.eventRetentionDays * assumed.replicas,
    limits: limitsOf(figures, assumed),
  };
}

/** The same whatever the rate; the lowest first. */
function limitsOf(figures: Figures, { callbacksPerEvent, utilisation, relayPerSecond, primaryCores }: Assumptions): Limit[] {
  const perCore = (cpuMs: number): number => (1_000_000 * utilisation) / cpuMs;
  return [
    {
      what: 'two dispatchers, one core each',
      at: FEWEST * perCore(figures.dispatcherCpuMs),
      remedy: 'more of them: the autoscaling component adds one per partition at most',
    },
    {
      what: `a dispatcher on each of ${DEFAULTS.partitions} partitions`,
      at: DEFAULTS.partitions * perCore(figures.dispatcherCpuMs),
      remedy: 'more partitions of conversions.events, made before they are needed: order within a conversion holds for what comes after',
    },
    {
      what: 'the one relay that publishes the events',
      at: relayPerSecond * callbacksPerEvent,
      remedy: 'several deployments (TOPIC_PREFIX, a database each), offers shared out among them',
    },
    {
      what: `a PostgreSQL primary of ${primaryCores} cores`,
      at: primaryCores * perCore(figures.postgresCpuMs),
      remedy: 'the database of each service on a server of its own (each has its own DATABASE_URL), then several deployments',
    },
  ].sort((one, other) => one.at - other.at);
}

function roundUp(count: number, step: number): number {
  return Math.ceil(count / step) * step;
}

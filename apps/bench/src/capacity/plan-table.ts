import { table } from '../report/table.js';
import type { Limit, Plan } from './plan.js';

const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** In powers of 1,000, as disks are sold. */
export function bytes(value: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(value) / 3)));
  return `${Number((value / 1000 ** power).toPrecision(3))} ${UNITS[power]!}`;
}

const ROWS: readonly (readonly [what: string, of: (plan: Plan) => string])[] = [
  ['events/s', (plan) => count(plan.eventsPerSecond)],
  ['dispatcher-service, processes', (plan) => count(plan.dispatchers)],
  ['partitions of conversions.events', (plan) => count(plan.partitions)],
  ['requests under way', (plan) => count(plan.requestsInFlight)],
  ['conversions-service, processes', (plan) => count(plan.conversionsServices)],
  ['gateway, processes', (plan) => count(plan.gateways)],
  ['PostgreSQL, cores', (plan) => count(plan.postgresCores)],
  ['PostgreSQL, connections', (plan) => count(plan.postgresConnections)],
  ['delivery log, a day', (plan) => bytes(plan.logBytesADay)],
  ['conversions, a day', (plan) => bytes(plan.ledgerBytesADay)],
  ['PostgreSQL, disk', (plan) => bytes(plan.postgresBytes)],
  ['Kafka, cores of all brokers', (plan) => count(plan.kafkaCores)],
  ['Kafka, disk of all brokers', (plan) => bytes(plan.kafkaBytes)],
];

/** @returns the plans side by side, as Markdown. */
export function planTable(plans: readonly Plan[]): string {
  const header = ['deliveries/s', ...plans.map((plan) => count(plan.deliveriesPerSecond))];
  return table(
    header,
    ROWS.map(([what, of]) => [what, ...plans.map(of)]),
  );
}

/** @returns where it gives way, the first first, as Markdown. */
export function limitTable(limits: readonly Limit[]): string {
  return table(
    ['what gives way', 'at deliveries/s', 'what to change then'],
    limits.map(({ what, at, remedy }) => [what, count(at), remedy]),
  );
}

import { TestbedError } from './testbed-error.js';

/** Where jest's global setup, or the developer, says the servers for tests are. */
export const DATABASE_VARIABLE = 'TESTBED_DATABASE_URL';
export const BROKERS_VARIABLE = 'TESTBED_KAFKA_BROKERS';

/** @returns the url of the shared server's maintenance database. @throws {TestbedError} NOT_CONFIGURED */
export function testDatabaseServer(): string {
  return required(DATABASE_VARIABLE);
}

/** @returns the shared Kafka, as kafkajs takes it. @throws {TestbedError} NOT_CONFIGURED */
export function testBrokers(): string[] {
  return required(BROKERS_VARIABLE).split(',');
}

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '')
    throw new TestbedError('NOT_CONFIGURED', `${variable} is not set: jest's global setup sets it for *.int.spec.ts and *.e2e.spec.ts`);
  return value;
}

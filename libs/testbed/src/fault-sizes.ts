import { randomInt } from 'node:crypto';

/** How big the faults of the whole-system specs are: small for every run, as promised in full with `npm test -- --long` (TEST_LONG=1). */
export interface FaultSizes {
  readonly long: boolean;
  /** How long Kafka or PostgreSQL is away. */
  readonly outageMs: number;
  /** How long a relay is held by SIGSTOP. */
  readonly pausedRelayMs: number;
  /** Requests in flight at a kill, at least. */
  readonly inFlightAtKill: number;
  /** Offers changed at once. */
  readonly offersChangedAtOnce: number;
  /** Other conversions per second meanwhile. */
  readonly backgroundPerSecond: number;
  /** Conversions that each of a hundred destinations is told of while ten of them are faulty. */
  readonly isolationRounds: number;
  /** Sign-ins that fail, one after the other. */
  readonly wrongPasswords: number;
  /** Dispatchers killed, one after the other. */
  readonly kills: number;
  /** Deliveries in an export. */
  readonly rowsExported: number;
  /** Deliveries sent again at once. */
  readonly redelivered: number;
  /** For what is random: shown by the specs that use it, and given again as TEST_SEED. */
  readonly seed: number;
}

export function faultSizes(env: Readonly<Record<string, string | undefined>> = process.env): FaultSizes {
  const long = env['TEST_LONG'] === '1';
  const size = (short: number, full: number) => (long ? full : short);
  return {
    long,
    outageMs: size(8_000, 30_000),
    pausedRelayMs: size(12_000, 30_000),
    inFlightAtKill: 200,
    offersChangedAtOnce: 50,
    backgroundPerSecond: 200,
    isolationRounds: size(20, 200),
    wrongPasswords: size(100, 1_000),
    kills: size(5, 50),
    rowsExported: size(20_000, 1_000_000),
    redelivered: size(2_000, 50_000),
    seed: Number(env['TEST_SEED'] ?? randomInt(2 ** 31)),
  };
}

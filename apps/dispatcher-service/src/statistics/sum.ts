import type { Percentiles, StatisticsFigures } from '@ringback/contracts';
import { Histogram } from './histogram.js';
import { AT, COUNTERS } from './tally.js';

/** Figures that are being added up for an answer. */
export class Sum {
  readonly counters: number[] = COUNTERS.map(() => 0);
  readonly #latency: Uint8Array[] = [];
  readonly #duration: Uint8Array[] = [];

  add(counters: readonly number[], latency: Uint8Array | null, duration: Uint8Array | null): this {
    for (let index = 0; index < counters.length; index++) this.counters[index]! += counters[index]!;
    if (latency !== null) this.#latency.push(latency);
    if (duration !== null) this.#duration.push(duration);
    return this;
  }

  addSum(other: Sum): this {
    this.add(other.counters, null, null);
    // Not spread: there may be as many as batches of a minute.
    for (const bytes of other.#latency) this.#latency.push(bytes);
    for (const bytes of other.#duration) this.#duration.push(bytes);
    return this;
  }

  /** Deliveries that ended. */
  get settled(): number {
    return this.counters[AT.delivered]! + this.counters[AT.exhausted]! + this.counters[AT.cancelled]!;
  }

  get attempts(): number {
    return this.counters[AT.attempts]!;
  }

  get exhausted(): number {
    return this.counters[AT.exhausted]!;
  }

  get failedAttempts(): number {
    return Math.max(0, this.counters[AT.attempts]! - this.counters[AT.delivered]! - this.counters[AT.redelivered]!);
  }

  get slowMs(): number {
    return filled(this.#duration).percentile(0.9) ?? 0;
  }

  figures(): StatisticsFigures {
    const { counters } = this;
    return {
      delivered: counters[AT.delivered]!,
      deliveredFirstTry: counters[AT.deliveredFirstTry]!,
      exhausted: counters[AT.exhausted]!,
      cancelled: counters[AT.cancelled]!,
      redelivered: counters[AT.redelivered]!,
      redeliveriesFailed: counters[AT.redeliveriesFailed]!,
      attempts: counters[AT.attempts]!,
      failedAttempts: this.failedAttempts,
      retries: counters[AT.attempts]! - counters[AT.firstAttempts]!,
      successRate: rate(counters[AT.delivered]!, counters[AT.delivered]! + counters[AT.exhausted]!),
      firstTryRate: rate(counters[AT.deliveredFirstTry]!, counters[AT.firstAttempts]!),
      latencyMs: percentiles(this.#latency),
      durationMs: percentiles(this.#duration),
    };
  }

  /** @returns the figures of the deliveries that ended so; nothing that is not theirs alone. */
  ofStatus(status: 'delivered' | 'exhausted' | 'cancelled'): Sum {
    const own = new Sum();
    own.counters[AT[status]] = this.counters[AT[status]]!;
    if (status !== 'delivered') return own;
    own.counters[AT.deliveredFirstTry] = this.counters[AT.deliveredFirstTry]!;
    for (const bytes of this.#latency) own.#latency.push(bytes);
    return own;
  }
}

const scratch = new Histogram();

function filled(histograms: readonly Uint8Array[]): Histogram {
  scratch.clear();
  for (const bytes of histograms) scratch.add(bytes);
  return scratch;
}

function percentiles(histograms: readonly Uint8Array[]): Percentiles {
  const histogram = filled(histograms);
  if (histogram.count === 0) return null;
  const at = (share: number) => Number(histogram.percentile(share)!.toPrecision(4));
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

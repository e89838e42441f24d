/** What a process may wait for, without a fault of its own. `configuration`: records of it that are in Kafka and not read yet. */
export type Dependency = 'kafka' | 'postgresql' | 'configuration';

/** What a part of a process says of itself. */
export interface HealthReport {
  readonly ok: boolean;
  /** In words. */
  readonly detail?: string;
  /** Stands still because this does: no fault. */
  readonly waitsFor?: Dependency;
}

/** Asked on every look at `/health/live`: must answer at once, without I/O. */
export type HealthCheck = () => HealthReport;

/** @returns the report of a part that is well, or waits for something that is away. */
export function waiting(waitsFor: Dependency | null, detail = `waits for ${waitsFor}`): HealthReport {
  return waitsFor === null ? { ok: true } : { ok: true, detail, waitsFor };
}

/** The parts of a process that can fail silently, each with its check. */
export class Health {
  readonly #checks = new Map<string, HealthCheck>();
  readonly #forReadiness = new Set<string>();
  /** Parts that have once been well without waiting for anything. */
  readonly #begun = new Set<string>();
  #isReady = false;

  /**
   * `check` is part of liveness: a loop that no longer ticks, and waits for nothing, is not alive.
   * @param isForReadiness a process whose part fails is not ready either, long before it is restarted
   */
  register(part: string, check: HealthCheck, { isForReadiness = false }: { isForReadiness?: boolean } = {}): void {
    this.#checks.set(part, check);
    if (isForReadiness) this.#forReadiness.add(part);
  }

  /** Set once everything has started, unset when the stop begins. */
  setReady(ready: boolean): void {
    this.#isReady = ready;
  }

  get ready(): boolean {
    return this.#isReady && [...this.#forReadiness].every((part) => this.#checks.get(part)!().ok);
  }

  /** @returns whether all parts are well, and each one's word. */
  live(): { ok: boolean; parts: Record<string, HealthReport> } {
    const parts = Object.fromEntries([...this.#checks].map(([part, check]) => [part, check()]));
    return { ok: Object.values(parts).every((report) => report.ok), parts };
  }

  /** @returns whether everything has started and each part has found what it depends on, once: what is away later changes nothing. */
  startup(): { ok: boolean; parts: Record<string, HealthReport> } {
    const { parts } = this.live();
    for (const [part, { ok, waitsFor }] of Object.entries(parts)) if (ok && waitsFor === undefined) this.#begun.add(part);
    const missing = Object.fromEntries(Object.entries(parts).filter(([part]) => !this.#begun.has(part)));
    return { ok: this.#isReady && Object.keys(missing).length === 0, parts: missing };
  }
}

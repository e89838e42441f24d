/** What a part of a process says of itself. `detail` names what it waits for. */
export interface HealthReport {
  readonly ok: boolean;
  readonly detail?: string;
}

/** Asked on every look at `/health/live`: must answer at once, without I/O. */
export type HealthCheck = () => HealthReport;

/** The parts of a process that can fail silently, each with its check. */
export class Health {
  readonly #checks = new Map<string, HealthCheck>();
  #ready = false;

  /** `check` is part of liveness: a loop that no longer ticks, and waits for nothing, is not alive. */
  register(part: string, check: HealthCheck): void {
    this.#checks.set(part, check);
  }

  /** Set once everything has started, unset when the stop begins. */
  setReady(ready: boolean): void {
    this.#ready = ready;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** @returns whether all parts are well, and each one's word. */
  live(): { ok: boolean; parts: Record<string, HealthReport> } {
    const parts = Object.fromEntries([...this.#checks].map(([part, check]) => [part, check()]));
    return { ok: Object.values(parts).every((report) => report.ok), parts };
  }
}

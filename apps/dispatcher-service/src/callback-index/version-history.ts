export interface Versioned {
  readonly version: number;
  readonly revision: number;
}

const NONE: readonly never[] = [];

/** The known versions of one aggregate. Nearly all have one only, so it is kept without an array around it. */
export class VersionHistory<Version extends Versioned> {
  #latest: Version | undefined;
  /** All but the latest, ascending. */
  #earlier: readonly Version[] = NONE;

  get latest(): Version | undefined {
    return this.#latest;
  }

  get oldest(): Version | undefined {
    return this.#earlier[0] ?? this.#latest;
  }

  *[Symbol.iterator](): Generator<Version> {
    yield* this.#earlier;
    if (this.#latest !== undefined) yield this.#latest;
  }

  /** @returns false when the version is known already: a late repeat, which changes nothing. */
  add(version: Version): boolean {
    if (this.#latest === undefined) {
      this.#latest = version;
      return true;
    }
    const known = [...this];
    if (known.some((other) => other.version === version.version)) return false;
    this.#set([...known, version].sort((one, other) => one.version - other.version));
    return true;
  }

  remove(version: number): void {
    this.#set([...this].filter((known) => known.version !== version));
  }

  /** @returns the version in force at a revision: the newest that is not newer; undefined before the first known one. */
  at(revision: number): Version | undefined {
    if (this.#latest !== undefined && this.#latest.revision <= revision) return this.#latest;
    return newestUpTo(this.#earlier, revision);
  }

  /** @returns whether what was in force at the revision can no longer be told: the versions that old are gone. */
  hasLost(revision: number): boolean {
    const { oldest } = this;
    return oldest !== undefined && oldest.version !== 1 && oldest.revision > revision;
  }

  #set(versions: Version[]): void {
    this.#latest = versions.pop();
    this.#earlier = versions.length === 0 ? NONE : versions;
  }
}

/** @param versions ascending */
export function newestUpTo<Version extends Versioned>(versions: readonly Version[], revision: number): Version | undefined {
  return versions.findLast((version) => version.revision <= revision);
}

export interface Versioned {
  readonly version: number;
  readonly revision: number;
}

/** The known versions of one aggregate, ascending. Most have one or two, so an array it is. */
export class VersionHistory<Version extends Versioned> {
  readonly #versions: Version[] = [];

  get latest(): Version | undefined {
    return this.#versions.at(-1);
  }

  get oldest(): Version | undefined {
    return this.#versions[0];
  }

  [Symbol.iterator](): IterableIterator<Version> {
    return this.#versions[Symbol.iterator]();
  }

  /** @returns false when the version is known already: a late repeat, which changes nothing. */
  add(version: Version): boolean {
    let index = this.#versions.length;
    while (index > 0 && this.#versions[index - 1]!.version > version.version) index--;
    if (index > 0 && this.#versions[index - 1]!.version === version.version) return false;
    this.#versions.splice(index, 0, version);
    return true;
  }

  remove(version: number): void {
    const index = this.#versions.findIndex((known) => known.version === version);
    if (index !== -1) this.#versions.splice(index, 1);
  }

  /** @returns the version in force at a revision: the newest that is not newer; undefined before the first known one. */
  at(revision: number): Version | undefined {
    for (let index = this.#versions.length - 1; index >= 0; index--) {
      const version = this.#versions[index]!;
      if (version.revision <= revision) return version;
    }
    return undefined;
  }

  /** @returns whether what was in force at the revision can no longer be told: the versions that old are gone. */
  hasLost(revision: number): boolean {
    const { oldest } = this;
    return oldest !== undefined && oldest.version !== 1 && oldest.revision > revision;
  }
}

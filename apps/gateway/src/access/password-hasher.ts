import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { problem } from '@ringback/service-runtime';

/** Parameters of scrypt (RFC 7914): memory is 128 · N · r bytes. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP Password Storage Cheat Sheet: N = 2^17, r = 8, p = 1, which takes 128 MiB and about 0.3 s. */
export const OWASP_COST: ScryptCost = { N: 2 ** 17, r: 8, p: 1 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Two at once leave half of libuv's four threads to DNS and files, and take 256 MiB. */
const MAX_CONCURRENT = 2;
const MAX_WAITING = 20;

/** Hashes and checks passwords, a bounded number at once. Hashes carry their own parameters: `scrypt$N$r$p$salt$hash`, base64url. */
export class PasswordHasher {
  /** A hash that no password has, for accounts that do not exist: checking it takes the same work. */
  readonly decoy: string;
  readonly #cost: ScryptCost;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(cost: ScryptCost = OWASP_COST) {
    this.#cost = cost;
    this.decoy = format(cost, Buffer.alloc(SALT_BYTES), Buffer.alloc(HASH_BYTES));
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    return format(this.#cost, salt, await this.#derive(password, salt, this.#cost));
  }

  /** @throws {ProblemError} 503 when too many are waiting; {RangeError} when `stored` is not a hash of ours. */
  async verify(password: string, stored: string): Promise<boolean> {
    const { cost, salt, hash } = parse(stored);
    return timingSafeEqual(await this.#derive(password, salt, cost), hash);
  }

  /** @returns whether the hash was made with today's parameters. */
  isCurrent(stored: string): boolean {
    const { cost } = parse(stored);
    return cost.N === this.#cost.N && cost.r === this.#cost.r && cost.p === this.#cost.p;
  }

  async #derive(password: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> {
    await this.#enter();
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        const maxmem = 2 * 128 * cost.N * cost.r;
        // One password typed on two keyboards may have two encodings: NFKC (NIST SP 800-63B §3.1.1.2).
        scrypt(password.normalize('NFKC'), salt, HASH_BYTES, { ...cost, maxmem }, (error, key) => (error ? reject(error) : resolve(key)));
      });
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < MAX_CONCURRENT) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) throw problem.unavailable('too many sign-ins at once: try again shortly');
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Hands the place on to who waits longest, if anyone does. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else next();
  }
}

function format(cost: ScryptCost, salt: Buffer, hash: Buffer): string {
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

function parse(stored: string): { cost: ScryptCost; salt: Buffer; hash: Buffer } {
  const [scheme, N, r, p, salt, hash] = stored.split('$');
  const bytes = Buffer.from(hash ?? '', 'base64url');
  if (scheme !== 'scrypt' || bytes.length !== HASH_BYTES) throw new RangeError('not a password hash of this service');
  return { cost: { N: Number(N), r: Number(r), p: Number(p) }, salt: Buffer.from(salt ?? '', 'base64url'), hash: bytes };
}

import { promises as dns, type LookupAddress, type RecordWithTtl } from 'node:dns';
import { HostsFile } from './hosts-file.js';
import type { Resolved } from './name-lookup.js';

/** The system tells no time to live. */
const SYSTEM_TTL_MS = 30_000;
/** An answer of one family waits this long for the other's (RFC 8305, section 3): some servers never answer for IPv6. */
const RESOLUTION_DELAY_MS = 50;
/**
 * `getaddrinfo` takes one of libuv's four threads for as long as a server is silent, and files and key derivation want them too: no more of
 * them than this, so that names that hang hold up nothing but such names.
 */
const MAX_SYSTEM_LOOKUPS = 2;
/** More than wait for it already are told so, rather than asked about after nobody waits any more. */
const MAX_QUEUED_SYSTEM_LOOKUPS = 500;
/** For one question to one server, in ms: UDP loses some. */
const QUESTION_TIMEOUT_MS = 1_000;
/** Nothing of DNS can be expected under these: the system may still know, by a search domain or a service of its own. */
const NOT_IN_DNS = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED']);

/**
 * Finds a name's addresses as the system would (hosts file, DNS, search domains), but with DNS' time to live, and without a thread of libuv
 * for each name that hangs. IPv4 comes first: what has both is reached by it from anywhere.
 */
export class NameResolver {
  readonly #dns = new dns.Resolver({ timeout: QUESTION_TIMEOUT_MS, tries: 3 });
  readonly #hosts: HostsFile;
  #systemLookups = 0;
  readonly #queue: (() => void)[] = [];

  constructor(hostsFile = '/etc/hosts') {
    this.#hosts = new HostsFile(hostsFile);
  }

  /** Gives up what is under way. */
  close(): void {
    this.#dns.cancel();
  }

  /** @param name as a URL's host: lower case, ASCII. Rejects with what DNS or the system said when it has no address. */
  async resolve(name: string): Promise<Resolved> {
    const listed = await this.#hosts.find(name.endsWith('.') ? name.slice(0, -1) : name);
    if (listed.length > 0) return { addresses: listed, ttlMs: SYSTEM_TTL_MS };
    // DNS knows names without a dot by search domains only.
    if (!name.includes('.')) return this.#system(name);
    try {
      return await this.#query(name);
    } catch (error) {
      if (NOT_IN_DNS.has((error as NodeJS.ErrnoException).code ?? '')) return this.#system(name);
      throw error;
    }
  }

  async #query(name: string): Promise<Resolved> {
    const ipv4 = this.#dns.resolve4(name, { ttl: true });
    const ipv6 = this.#dns.resolve6(name, { ttl: true });
    // Each is awaited below or given up; a late failure of the one given up concerns nobody.
    ipv6.catch(() => undefined);
    let four: RecordWithTtl[];
    try {
      four = await ipv4;
    } catch (error) {
      const six = await ipv6.catch(() => []);
      if (six.length === 0) throw error;
      return resolved(six, 6);
    }
    const six = await within(
      ipv6.catch(() => []),
      RESOLUTION_DELAY_MS,
    );
    if (six.length === 0) return resolved(four, 4);
    const [first, second] = [resolved(four, 4), resolved(six, 6)];
    return { addresses: [...first.addresses, ...second.addresses], ttlMs: Math.min(first.ttlMs, second.ttlMs) };
  }

  async #system(name: string): Promise<Resolved> {
    if (this.#queue.length >= MAX_QUEUED_SYSTEM_LOOKUPS) throw new Error(`too many names wait to be looked up: ${name}`);
    if (this.#systemLookups >= MAX_SYSTEM_LOOKUPS) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#systemLookups++;
    try {
      return { addresses: await dns.lookup(name, { all: true }), ttlMs: SYSTEM_TTL_MS };
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#systemLookups--;
      else next();
    }
  }
}

function resolved(records: readonly RecordWithTtl[], family: 4 | 6): Resolved {
  const addresses = records.map(({ address }): LookupAddress => ({ address, family }));
  return { addresses, ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1_000 };
}

/** @returns what comes within the time, else nothing. */
async function within<T>(found: Promise<T[]>, delayMs: number): Promise<T[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T[]>((resolve) => (timer = setTimeout(() => resolve([]), delayMs)));
  try {
    return await Promise.race([found, late]);
  } finally {
    clearTimeout(timer);
  }
}

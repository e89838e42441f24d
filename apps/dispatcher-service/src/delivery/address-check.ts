import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** First address and length of the prefix. */
export type Network = [Address, number];
/** Both ends included. */
export type PortRange = readonly [first: number, last: number];

export interface AddressCheckOptions {
  /** Reachable although they are not public: an operator's own networks. */
  readonly allowedNetworks?: readonly Network[];
  /** Empty: all. */
  readonly allowedPorts?: readonly PortRange[];
}

/** IPv6 that is handed out to the public internet at all (IANA, "IPv6 Global Unicast Address Space"): what is not inside is refused. */
const GLOBAL_UNICAST: Network = [ipaddr.IPv6.parse('2000::'), 3];
/** Public by its number, and yet the cloud's own: Azure's metadata, DNS and health service. */
const METADATA = [ipaddr.IPv4.parse('168.63.129.16')];

/**
 * Which addresses callbacks may connect to. Asked with the address that is really connected to, after all names were resolved, so that it
 * does not matter what a name said before (DNS rebinding) nor how an address was written.
 *
 * Public unicast only (IANA's special-purpose registries, RFC 6890): not private, loopback, link-local with the clouds' metadata, multicast,
 * broadcast, unspecified, carrier-grade NAT, benchmarking, documentation, reserved; of IPv6 neither unique-local nor site-local, nor what
 * stands for an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo), nor anything with a zone.
 */
export class AddressCheck {
  readonly #networks: readonly Network[];
  readonly #ports: readonly PortRange[];

  constructor(options: AddressCheckOptions = {}) {
    this.#networks = options.allowedNetworks ?? [];
    this.#ports = options.allowedPorts ?? [];
  }

  /** @param address as a socket tells it: an IP address, never a name */
  allows(address: string): boolean {
    if (isIP(address) === 0 || address.includes('%')) return false;
    const parsed = ipaddr.parse(address);
    return this.#networks.some((network) => within(parsed, network)) || isPublic(parsed);
  }

  allowsPort(port: number): boolean {
    return this.#ports.length === 0 || this.#ports.some(([first, last]) => port >= first && port <= last);
  }
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv6' ? within(address, GLOBAL_UNICAST) : !METADATA.some((known) => known.toString() === address.toString());
}

/** Addresses of one family never lie in the other's networks: `::ffff:127.0.0.1` is not in `127.0.0.0/8`. */
function within(address: Address, network: Network): boolean {
  return address.kind() === network[0].kind() && address.match(network);
}

/** @param text CIDRs and single addresses, separated by commas. @throws {RangeError} naming the one that is neither */
export function parseNetworks(text: string): Network[] {
  return items(text).map((item) => {
    const [address = '', prefix, ...rest] = item.split('/');
    const family = address.includes('%') ? 0 : isIP(address);
    const bits = family === 4 ? 32 : 128;
    if (family === 0 || rest.length > 0 || (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)))
      throw new RangeError(`"${item}" is no network: write e.g. 10.20.0.0/16 or fd12::/48`);
    return [ipaddr.parse(address), prefix === undefined ? bits : Number(prefix)];
  });
}

/** @param text ports and ranges of ports, separated by commas. @throws {RangeError} naming the one that is neither */
export function parsePorts(text: string): PortRange[] {
  return items(text).map((item) => {
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(item) ?? [];
    const range: PortRange = [Number(first), Number(last)];
    if (first === undefined || range[0] < 1 || range[1] > 65_535 || range[0] > range[1])
      throw new RangeError(`"${item}" is no port: write e.g. 443 or 8000-8999`);
    return range;
  });
}

function items(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

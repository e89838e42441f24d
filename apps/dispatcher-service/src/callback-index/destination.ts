/** A URL that no destination can be read from; its deliveries cannot be rendered and never get as far as a socket. */
export const NO_DESTINATION = 'none';

const destinations = new Map<string, string>();

/** @returns the destination (`scheme://host:port`) of a callback's URL, macros and all. Thousands share a few hosts: each is kept once. */
export function destinationOf(url: string): string {
  const authority = /^https?:\/\/[^/?#\\]+/i.exec(url)?.[0];
  if (authority === undefined) return NO_DESTINATION;
  let destination = destinations.get(authority);
  if (destination === undefined) {
    destination = readDestination(authority) ?? NO_DESTINATION;
    if (destination !== NO_DESTINATION) destinations.set(authority, destination);
  }
  return destination;
}

/** @returns scheme, host and port as destinations are written: lower case, punycode, port always; null when it is anything else or more. */
export function readDestination(text: string): string | null {
  if (!/^https?:\/\/[^/?#\\]+\/?$/i.test(text) || !URL.canParse(text)) return null;
  const { protocol, hostname, port } = new URL(text);
  return `${protocol}//${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`;
}

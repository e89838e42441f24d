import { isIP } from 'node:net';
import { compileCallback } from '@ringback/callbacks';
import { AddressCheck, parseNetworks, parsePorts } from './address-check.js';

const check = new AddressCheck();

describe('where callbacks may go', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '169.253.255.255',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001:80b::200e',
    '2400:cb00::1',
  ])('%s is public', (address) => {
    expect(check.allows(address)).toBe(true);
  });

  it.each([
    ['unspecified', ['0.0.0.0', '0.1.2.3', '::']],
    ['private', ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255']],
    ['loopback', ['127.0.0.1', '127.1.2.3', '127.255.255.255', '::1']],
    ['link-local', ['169.254.0.0', '169.254.255.255', 'fe80::1', 'febf::1']],
    ["the clouds' metadata", ['169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254']],
    ['carrier-grade NAT', ['100.64.0.0', '100.127.255.255']],
    ['IETF assignments', ['192.0.0.1', '192.0.0.170', '2001::1', '2001:1::1']],
    ['documentation', ['192.0.2.1', '198.51.100.1', '203.0.113.80', '2001:db8::1', '3fff::1', '3fff:fff::1']],
    ['benchmarking', ['198.18.0.0', '198.19.255.255', '2001:2::1']],
    ['multicast', ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1']],
    ['reserved', ['240.0.0.1', '254.255.255.255', '192.88.99.1', '100::1', '4000::1', '5f00::1', '8000::1', 'e000::1', '200::1']],
    ['broadcast', ['255.255.255.255']],
    ['unique-local', ['fc00::1', 'fdff:ffff::1']],
    ['site-local', ['fec0::1', 'feff::1']],
    ['mapped IPv4', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '0:0:0:0:0:ffff:a00:1']],
    ['translated IPv4', ['::ffff:0:127.0.0.1']],
    ['compatible IPv4', ['::127.0.0.1', '::10.0.0.5', '::8.8.8.8', '::2']],
    ['NAT64', ['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::1', '64:ff9b:1:ffff::a00:1']],
    ['6to4', ['2002:7f00:1::1', '2002:808:808::1']],
    ['Teredo', ['2001:0:4136:e378:8000:63bf:3fff:fdd2']],
    ['with a zone', ['fe80::1%eth0', 'fe80::1%1', '2606:4700:4700::1111%eth0']],
  ])('%s is refused', (_, addresses) => {
    for (const address of addresses) expect([address, check.allows(address)]).toEqual([address, false]);
  });

  it.each(['', 'localhost', '2130706433', '0x7f.0.0.1', '0177.0.0.1', '127.1', '[::1]', '127.0.0.1.', '1.1.1.1/32'])(
    'what is no address, like "%s", is refused',
    (text) => {
      expect(check.allows(text)).toBe(false);
    },
  );

  /** Literals come here as the URL standard reads them: the address, whatever the notation. */
  it.each([
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.1/',
    'http://127.0.1/',
    'http://127.0.0.1./',
    'HTTP://127.0.0.1/',
    'http://%31%32%37.0.0.1/',
    'http://１２７.０.０.１/',
    'http://①②⑦.0.0.1/',
    'http://127。0。0。1/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::FFFF:7F00:1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::127.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://0/',
    'http://0x0/',
    'https://169.254.43518/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
  ])('%s is refused by its address', (url) => {
    expect(isIP(hostOf(url))).not.toBe(0);
    expect(check.allows(hostOf(url))).toBe(false);
  });

  it.each(['http://[fe80::1%25eth0]/', 'http://[::1%lo]/', 'http://1.2.3.4.5/', 'http://256.1.1.1/', 'http://0x100000000/'])(
    '%s is no URL',
    (url) => {
      expect(compiled(url).renderable).toBe(false);
    },
  );

  it('an allowed network opens that network only, for its own family only', () => {
    const own = new AddressCheck({ allowedNetworks: parseNetworks('127.0.0.0/8, ::1/128,10.20.0.0/16, 192.168.1.7') });
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '10.20.255.255', '192.168.1.7', '1.1.1.1'])
      expect(own.allows(address)).toBe(true);
    for (const address of ['10.21.0.0', '192.168.1.8', '::2', '::ffff:127.0.0.1', '64:ff9b::7f00:1'])
      expect(own.allows(address)).toBe(false);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.1/16',
    '0x0a.0.0.0/8',
    'fe80::%eth0/10',
    '::/129',
    'office',
    '1.2.3.4/x',
  ])('"%s" is no network', (text) => {
    expect(() => parseNetworks(`127.0.0.0/8,${text}`)).toThrow(`"${text}" is no network`);
  });

  it('all ports are open until some are listed', () => {
    expect(check.allowsPort(22)).toBe(true);
    const listed = new AddressCheck({ allowedPorts: parsePorts('80, 443,8000-8999') });
    expect([80, 443, 8000, 8999].every((port) => listed.allowsPort(port))).toBe(true);
    expect([22, 81, 7999, 9000].some((port) => listed.allowsPort(port))).toBe(false);
  });

  it.each(['0', '65536', '9-8', '80-', 'http', '-80', '1-65536', '8e1'])('"%s" is no port', (text) => {
    expect(() => parsePorts(text)).toThrow(`"${text}" is no port`);
  });
});

/** As the sender gets it: from the destination of the compiled callback. */
function hostOf(url: string): string {
  const callback = compiled(url);
  if (!callback.renderable) throw new Error(callback.reason);
  const { hostname } = new URL(callback.destination);
  return hostname.replace(/^\[|\]$/g, '');
}

function compiled(url: string) {
  return compileCallback({ url, httpType: 'GET', basicAuth: null, requestParams: [], requestHeaders: [] }, (sealed) => sealed);
}

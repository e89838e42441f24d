import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { curlCommand, type RequestToRepeat } from './curl-command.js';

/** A shell in which `curl` says what it was given, apart by NUL: how many arguments, each of them, what came through the pipe in hex. */
const SHELL = `
curl() {
  printf '%s\\0' $# "$@"
  for argument in "$@"; do
    if [ "$before" = --data-binary ]; then od -An -v -tx1; fi
    before=$argument
  done
  before=
  printf '\\0'
}
`;

interface Given {
  readonly args: readonly string[];
  readonly piped: Buffer;
}

/** @returns what the machine's own POSIX shell makes of each command */
function runAll(commands: readonly string[]): Given[] {
  const input = Buffer.from(SHELL + commands.join('\n'), 'utf8');
  const told = execFileSync('/bin/sh', [], { input, maxBuffer: 64 * 1024 * 1024 })
    .toString('latin1')
    .split('\0');
  const given: Given[] = [];
  for (let at = 0; at < told.length - 1;) {
    const end = at + 1 + Number(told[at]);
    const args = told.slice(at + 1, end).map((arg) => Buffer.from(arg, 'latin1').toString('utf8'));
    given.push({ args, piped: Buffer.from(told[end]!.replace(/\s/g, ''), 'hex') });
    at = end + 1;
  }
  return given;
}

/** @returns the request that curl would make of its arguments, as its manual has them. */
function requestOf({ args, piped }: Given): RequestToRepeat {
  let method: string | null = null;
  let url = '';
  let body: Buffer | null = null;
  const headers: { name: string; value: string }[] = [];
  for (let index = 0; index < args.length; index++) {
    switch (args[index]) {
      case '--globoff':
      case '--path-as-is':
        break;
      case '--request':
        method = args[++index]!;
        break;
      case '--header': {
        const [, name, mark, value] = /^([^:;]+)([:;])\s*([^]*)$/.exec(args[++index]!)!;
        // `name:` leaves out what curl would add.
        if (mark === ';' || value !== '') headers.push({ name: name!, value: value! });
        break;
      }
      case '--data-raw':
        body = Buffer.from(args[++index]!, 'utf8');
        break;
      case '--data-binary':
        expect(args[++index]).toBe('@-');
        body = piped;
        break;
      default:
        url = args[index]!;
    }
  }
  return { method: method ?? (body === null ? 'GET' : 'POST'), url, headers, body };
}

const text = fc.string({
  unit: fc.oneof(fc.constantFrom(...`'"\\$\`!*?[]{}()<>|&;#~%@=- \t\n`), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })),
});
const shown = text.map((value) => value.replace(/\p{Cc}/gu, '').trim());
const requests: fc.Arbitrary<RequestToRepeat> = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  url: shown.map((value) => `https://tracker.example/pb?c=${value}`),
  headers: fc.array(fc.record({ name: fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/), value: shown }), { maxLength: 5 }),
  body: fc.oneof(
    fc.constant(null),
    text.map((value) => Buffer.from(value, 'utf8')),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  ),
});

describe('the command that repeats a request', () => {
  it('is read by a POSIX shell as that request, whatever it holds', () => {
    const samples = fc.sample(requests, { numRuns: 200, seed: 20_261_126 });
    const given = runAll(samples.map(curlCommand));
    expect(given).toHaveLength(samples.length);
    for (const [index, sample] of samples.entries()) expect(requestOf(given[index]!)).toEqual(sample);
  });

  it('takes every byte in a body', () => {
    const body = Buffer.from(Array.from({ length: 512 }, (_, index) => index % 256));
    const [given] = runAll([curlCommand({ method: 'POST', url: 'http://a/', headers: [], body })]);
    expect(given!.piped.equals(body)).toBe(true);
  });

  it('lets nothing of a request be run', () => {
    const nasty = `'; touch /tmp/no; echo '$(id)\`id\`"`;
    const request = { method: 'POST', url: `http://a/${nasty}`, headers: [{ name: 'x', value: nasty }], body: Buffer.from(nasty) };
    const [given, ...others] = runAll([curlCommand(request)]);
    expect(others).toEqual([]);
    expect(requestOf(given!)).toEqual(request);
  });

  it('reads well where nothing is odd', () => {
    const headers = [
      { name: 'content-type', value: 'application/json' },
      { name: 'x-empty', value: '' },
      { name: 'Authorization', value: '***' },
    ];
    expect(curlCommand({ method: 'POST', url: 'https://a/?c=1', headers, body: Buffer.from(`{"name":"O'Hara"}`) })).toBe(
      `curl --globoff --path-as-is \\
  'https://a/?c=1' \\
  --header 'content-type: application/json' \\
  --header 'x-empty;' \\
  --header 'Authorization: ***' \\
  --header 'Accept:' \\
  --header 'User-Agent:' \\
  --data-raw '{"name":"O'\\''Hara"}'`,
    );
    expect(curlCommand({ method: 'GET', url: 'http://a/', headers: [{ name: 'user-agent', value: 'R' }], body: null })).toBe(
      `curl --globoff --path-as-is \\\n  'http://a/' \\\n  --header 'user-agent: R' \\\n  --header 'Accept:'`,
    );
    expect(curlCommand({ method: 'POST', url: 'http://a/', headers: [], body: Buffer.from([0, 0x41, 0xff, 0x25]) })).toMatch(
      /^printf '\\000A\\377\\045' \|\ncurl [^]* --data-binary @-$/,
    );
  });
});

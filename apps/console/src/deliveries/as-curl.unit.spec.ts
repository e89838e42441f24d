import { execFileSync } from 'node:child_process';
import { asCurl } from './as-curl.js';

/** What a shell makes of the command: its arguments, one a line, with `curl` printing them. */
function argumentsOf(command: string): string[] {
  const script = `curl() { for a in "$@"; do printf '%s\\0' "$a"; done; }\n${command}`;
  return execFileSync('sh', ['-c', script]).toString('utf8').split('\0').slice(0, -1);
}

describe('a request as curl', () => {
  it('is the same request, whatever characters are in it', () => {
    const url = `https://t.example/p?a=it's&b=$(touch /tmp/x)&c=\`id\`"`;
    const command = asCurl({
      method: 'POST',
      url,
      headers: [
        { name: 'Host', value: 't.example' },
        { name: 'Content-Type', value: 'application/json' },
        { name: 'X-Empty', value: '' },
      ],
      body: { text: `{"name":"O'Hara $HOME"}`, truncated: false },
    });
    expect(argumentsOf(command)).toEqual([
      '-X',
      'POST',
      url,
      '-H',
      'Content-Type: application/json',
      '-H',
      'X-Empty;',
      '--data-raw',
      `{"name":"O'Hara $HOME"}`,
    ]);
  });

  it('has no body where none was stored whole', () => {
    const request = { method: 'POST', url: 'https://t.example', headers: [] };
    expect(asCurl({ ...request, body: { text: 'part', truncated: true } })).not.toContain('--data-raw');
    expect(asCurl({ ...request, body: null })).toBe(`curl -X POST 'https://t.example'`);
  });
});

import { isUtf8 } from 'node:buffer';

export interface RequestToRepeat {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** Null sends none. */
  readonly body: Buffer | null;
}

/** What a terminal shows as it is: all but control characters, tabs and line ends excepted. */
const UNSHOWABLE = /[^\P{Cc}\t\n]/u;

/**
 * A command that sends a request again as it was sent, for any POSIX shell: text in single quotes, inside which nothing has a meaning
 * (POSIX.1-2024, shell command language 2.2.2). A body that is no text comes through a pipe out of `printf`, in octal: an argument cannot
 * hold NUL, and not every shell knows `$'…'`.
 */
export function curlCommand({ method, url, headers, body }: RequestToRepeat): string {
  const isText = body !== null && isUtf8(body) && !UNSHOWABLE.test(body.toString('utf8'));
  // Brackets and braces are no ranges, dots in the path stay.
  const parts = ['curl --globoff --path-as-is'];
  if (method !== (body === null ? 'GET' : 'POST')) parts.push(`--request ${quoted(method)}`);
  parts.push(quoted(url));
  for (const { name, value } of headers) parts.push(`--header ${quoted(headerArgument(name, value))}`);
  // What curl would add of its own.
  for (const name of ['Accept', 'User-Agent', ...(body === null ? [] : ['Content-Type'])])
    if (!headers.some((header) => header.name.toLowerCase() === name.toLowerCase())) parts.push(`--header ${quoted(`${name}:`)}`);
  // Not `--data`: a body that begins with @ would be read as a file's name.
  if (body !== null) parts.push(isText ? `--data-raw ${quoted(body.toString('utf8'))}` : '--data-binary @-');
  const command = parts.join(' \\\n  ');
  return body === null || isText ? command : `printf ${quoted(octal(body))} |\n${command}`;
}

/** `name:` alone would leave the header out; with a semicolon it is sent empty. A line end would begin another header. */
function headerArgument(name: string, value: string): string {
  const line = value.replace(/[\r\n\0]+/g, ' ');
  return line.trim() === '' ? `${name};` : `${name}: ${line}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\0', '').replaceAll("'", `'\\''`)}'`;
}

/** Letters, digits and spaces as they are; three digits always, since a digit may follow. */
function octal(bytes: Buffer): string {
  return Array.from(bytes, (byte) =>
    /[A-Za-z0-9 ]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`,
  ).join('');
}

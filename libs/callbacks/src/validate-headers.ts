import type { CallbackInput, FieldError } from '@ringback/contracts';
import { AS_TEXT, hasControlCharacter } from './place-encoding.js';
import { compileTemplate } from './template.js';

type HeadersInput = Pick<CallbackInput, 'requestHeaders'>['requestHeaders'];
type Beside = Pick<CallbackInput, 'httpType' | 'basicAuth'>;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** They frame the message or belong to the connection (RFC 9110 §7.6.1, RFC 9112 §6), so they are the sender's alone. */
const OURS = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);

/** @returns every fault of a callback's own headers, each with its path, the rule and the remedy. */
export function validateHeaders(headers: HeadersInput, beside: Beside): FieldError[] {
  const seen = new Set<string>();
  return headers.flatMap((header, index) => {
    const path = `requestHeaders.${index}`;
    const name = header.name.toLowerCase();
    const twice = seen.has(name);
    seen.add(name);
    const nameFault = twice ? `"${header.name}" is there twice: remove one` : faultOfName(header.name, beside);
    return [
      ...(nameFault === null ? [] : [{ path: `${path}.name`, message: nameFault }]),
      ...faultsOfValue(header).map((message) => ({ path: `${path}.value`, message })),
    ];
  });
}

function faultOfName(name: string, { httpType, basicAuth }: Beside): string | null {
  const lower = name.toLowerCase();
  if (!TOKEN.test(name)) return `"${name}" is no header name: use letters, digits and - only`;
  if (OURS.has(lower)) return `"${name}" cannot be set: Ringback sets it for the connection; remove it`;
  if (lower.startsWith('webhook-')) return `"${name}" cannot be set: names that begin with "webhook-" are Ringback's own; rename it`;
  if (lower === 'authorization' && basicAuth !== null) return `"${name}" cannot stand beside basicAuth: remove one of them`;
  if (lower === 'content-type' && httpType !== 'GET') return `"${name}" cannot be set: httpType ${httpType} decides it; remove it`;
  return null;
}

function faultsOfValue({ value, secret }: HeadersInput[number]): readonly string[] {
  if (value === undefined) return secret ? [] : ['is required: only a secret can be left out to keep it'];
  if (hasControlCharacter(value)) return ['must not contain control characters: remove the tab or line break'];
  const compiled = compileTemplate(value, AS_TEXT);
  return compiled.ok ? [] : compiled.faults;
}

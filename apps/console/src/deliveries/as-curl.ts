interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: { readonly text?: string; readonly truncated: boolean } | null;
}

/** What curl sets itself. */
const CURLS_OWN = new Set(['host', 'content-length', 'connection', 'transfer-encoding']);

/**
 * @returns the request as a command for a POSIX shell. Secrets are masked in it, as in the log. A header without a value ends in `;`, which
 * is how curl sends one. What is stored of a body in part, or is no text, is left out.
 */
export function asCurl({ method, url, headers, body }: SentRequest): string {
  const lines = [`curl -X ${method} ${quoted(url)}`];
  for (const { name, value } of headers)
    if (!CURLS_OWN.has(name.toLowerCase())) lines.push(`-H ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`);
  if (body?.text !== undefined && !body.truncated && body.text !== '') lines.push(`--data-raw ${quoted(body.text)}`);
  return lines.join(' \\\n  ');
}

/** In single quotes nothing means anything but their end. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

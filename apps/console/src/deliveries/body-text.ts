interface Body {
  readonly text?: string;
  readonly base64?: string;
  readonly bytes: number;
  readonly truncated: boolean;
}

/** @returns a body as text: what is no UTF-8 in base64, what was cut off said so. Null where there is none. */
export function bodyText(body: Body | null): string | null {
  if (body === null) return null;
  const shown = body.text ?? `base64: ${body.base64 ?? ''}`;
  return body.truncated ? `${shown}\n… cut off: ${body.bytes.toLocaleString('en')} bytes in all` : shown;
}

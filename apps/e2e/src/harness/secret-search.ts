/** The forms in which a secret may turn up somewhere: as it is, encoded for a URL, a form or JSON, and as bytes in base64 or hex. */
export function formsOf(secret: string): Map<string, string> {
  const bytes = Buffer.from(secret, 'utf8');
  const percent = encodeURIComponent(secret).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const json = JSON.stringify(secret).slice(1, -1);
  return new Map([
    ['as it is', secret],
    ['URL', encodeURIComponent(secret)],
    ['strict URL', percent],
    ['strict URL in lower case', percent.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())],
    ['form', new URLSearchParams([['', secret]]).toString().slice(1)],
    ['JSON', json],
    ['JSON in JSON', JSON.stringify(json).slice(1, -1)],
    ['hex', bytes.toString('hex')],
    ...[0, 1, 2].flatMap((shift): [string, string][] => {
      const core = base64Core(bytes, shift);
      return [
        [`base64 at ${shift}`, core],
        [`base64url at ${shift}`, core.replaceAll('+', '-').replaceAll('/', '_')],
      ];
    }),
  ]);
}

/** What of a secret's base64 does not depend on what stands around it, when it begins at a byte that is `shift` past a group of three. */
function base64Core(bytes: Buffer, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const whole = Math.floor(((shift + bytes.length) * 8) / 6);
  return encoded.slice(shift === 0 ? 0 : shift + 1, whole);
}

/** Text in which something may be hidden, by where it is from. */
export class Haystack {
  readonly #parts: { where: string; text: string }[] = [];

  add(where: string, content: string | Buffer): void {
    this.#parts.push({ where, text: Buffer.isBuffer(content) ? `${content.toString('utf8')}\n${content.toString('latin1')}` : content });
  }

  /** Everything in a value that a database, or JSON, may hold. */
  addValue(where: string, value: unknown): void {
    if (value === null || value === undefined) return;
    if (Buffer.isBuffer(value)) this.add(where, value);
    else this.add(where, typeof value === 'string' ? value : JSON.stringify(value));
  }

  /** @returns where a secret was found, and in which form. */
  find(secret: string): string[] {
    const forms = formsOf(secret);
    const found = this.#parts.flatMap(({ where, text }) =>
      [...forms].flatMap(([form, needle]) => (text.includes(needle) ? [`${where}: ${form}`] : [])),
    );
    return [...new Set(found)];
  }

  holds(text: string): boolean {
    return this.#parts.some((part) => part.text.includes(text));
  }

  get size(): number {
    return this.#parts.length;
  }
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of a spec's own, and what it signed. */
export async function certificates(): Promise<{
  readonly authority: string;
  /** For `localhost` and 127.0.0.1. */
  readonly valid: Certificate;
  readonly expired: Certificate;
  /** For another host. */
  readonly elsewhere: Certificate;
  readonly selfSigned: Certificate;
}> {
  // Only here: nothing but specs needs certificates.
  const { generate } = await import('selfsigned');
  const day = 24 * 60 * 60 * 1000;
  const make = async (name: string, notBeforeMs: number, notAfterMs: number, ca?: Certificate) => {
    const local = name === 'localhost' ? [{ type: 7 as const, ip: '127.0.0.1' }] : [];
    const made = await generate([{ name: 'commonName', value: name }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date(Date.now() + notBeforeMs),
      notAfterDate: new Date(Date.now() + notAfterMs),
      extensions: [
        { name: 'basicConstraints', cA: ca === undefined, critical: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: name }, ...local] },
      ],
      ...(ca === undefined ? {} : { ca }),
    });
    return { cert: made.cert, key: made.private };
  };
  const authority = await make('authority', -day, 30 * day);
  const [valid, expired, elsewhere, selfSigned] = await Promise.all([
    make('localhost', -day, day, authority),
    make('localhost', -3 * day, -day, authority),
    make('elsewhere.example', -day, day, authority),
    make('localhost', -day, day),
  ]);
  return { authority: authority.cert, valid, expired, elsewhere, selfSigned };
}

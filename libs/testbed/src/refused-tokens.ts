import { createHmac, randomBytes } from 'node:crypto';

/** What a service's token is made of, as `libs/service-runtime` makes it; written down here a second time, so that a change is noticed. */
const ISSUER = 'ringback';
const GOOD_FOR_S = 60;

/**
 * `Authorization` headers that no service may take, by name; undefined: none is sent.
 * @param secret what the service checks tokens with. @param audience the service's name.
 */
export function refusedTokens(secret: string, audience: string): [name: string, header: string | undefined][] {
  const nowS = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: audience, sub: 'mallory', iat: nowS, exp: nowS + GOOD_FOR_S, offers: null };
  const good = token({ alg: 'HS256' }, claims, secret);
  const [header, , signature] = good.split('.');
  const other = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url');
  const without = (name: keyof typeof claims) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
  return [
    ['no token', undefined],
    ['an empty one', 'Bearer '],
    ['no JWT', 'Bearer nonsense'],
    ['no API key that is known', `Bearer rbk_${randomBytes(24).toString('base64url')}`],
    ['another scheme', `Basic ${Buffer.from('a:b').toString('base64')}`],
    ['forged: another secret', bearer(token({ alg: 'HS256' }, claims, randomBytes(32).toString('hex')))],
    ['forged: other claims under the signature', `Bearer ${header}.${other}.${signature}`],
    ['forged: no signature', `Bearer ${good.slice(0, good.lastIndexOf('.') + 1)}`],
    ['alg none', bearer(token({ alg: 'none' }, claims, null))],
    ['alg None, signed', bearer(token({ alg: 'None' }, claims, secret))],
    ['another algorithm', bearer(token({ alg: 'HS512' }, claims, secret, 'sha512'))],
    ['expired', bearer(token({ alg: 'HS256' }, { ...claims, iat: nowS - 600, exp: nowS - 300 }, secret))],
    ['without an end', bearer(token({ alg: 'HS256' }, without('exp'), secret))],
    ['without a subject', bearer(token({ alg: 'HS256' }, without('sub'), secret))],
    ['for another service', bearer(token({ alg: 'HS256' }, { ...claims, aud: `not-${audience}` }, secret))],
    ['for no service', bearer(token({ alg: 'HS256' }, without('aud'), secret))],
    ['a session of a user', bearer(token({ alg: 'HS256' }, { ...claims, aud: 'ringback-api' }, secret))],
    ['of another issuer', bearer(token({ alg: 'HS256' }, { ...claims, iss: 'https://accounts.example' }, secret))],
    ['that does not say how far it reaches', bearer(token({ alg: 'HS256' }, without('offers'), secret))],
  ];
}

function bearer(jwt: string): string {
  return `Bearer ${jwt}`;
}

/** @returns a JWT in compact form (RFC 7515 §7.1). */
function token(header: object, claims: object, secret: string | null, hash = 'sha256'): string {
  const signed = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${secret === null ? '' : createHmac(hash, secret).update(signed).digest('base64url')}`;
}

/** Asked by load balancers and Prometheus, which have no token. */
const OPEN_ROUTES = new Set(['/health/startup', '/health/live', '/health/ready', '/metrics']);

/**
 * Calls every route of a service with each of {@link refusedTokens}.
 * @returns what was not answered 401, as `<method> <path> with <token>: <status>`, and how many routes there were.
 */
export async function letIn(
  baseUrl: string,
  routes: readonly { readonly method: string; readonly path: string }[],
  tokens: readonly (readonly [name: string, header: string | undefined])[],
): Promise<{ routes: number; exceptions: string[] }> {
  const asked = routes.filter(({ path, method }) => !OPEN_ROUTES.has(path) && method !== 'HEAD');
  const exceptions: string[] = [];
  for (const { method, path } of asked)
    for (const [name, header] of tokens) {
      const url = baseUrl + path.replace(/:[A-Za-z]+/g, '1');
      const answer = await fetch(url, { method, headers: header === undefined ? {} : { authorization: header } });
      await answer.body?.cancel();
      if (answer.status !== 401) exceptions.push(`${method} ${path} with ${name}: ${answer.status}`);
    }
  return { routes: asked.length, exceptions };
}

import { ProblemError } from '@ringback/service-runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Where the cookie is sent, and nowhere else. With a path of its own it cannot be a `__Host-` cookie; `__Secure-` it is. */
const PATH = '/v1/auth';

/**
 * The cookie that carries the refresh token: no script reads it (`HttpOnly`), no other site sends it (`SameSite=Strict`), and it goes over
 * TLS only (`Secure`), except where the whole system runs on one machine without (RFC 6265bis §4.1).
 */
export class RefreshCookie {
  readonly #name: string;
  readonly #attributes: string;

  constructor(isSecure: boolean) {
    this.#name = isSecure ? '__Secure-ringback-refresh' : 'ringback-refresh';
    this.#attributes = `Path=${PATH}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  }

  set(reply: FastifyReply, token: string, expiresAt: Date): void {
    void reply.header('set-cookie', `${this.#name}=${token}; Expires=${expiresAt.toUTCString()}; ${this.#attributes}`);
  }

  clear(reply: FastifyReply): void {
    void reply.header('set-cookie', `${this.#name}=; Expires=${new Date(0).toUTCString()}; ${this.#attributes}`);
  }

  /** @returns the token, or null when there is none. */
  read(request: FastifyRequest): string | null {
    for (const pair of (request.headers.cookie ?? '').split(';')) {
      const at = pair.indexOf('=');
      if (at !== -1 && pair.slice(0, at).trim() === this.#name) return pair.slice(at + 1).trim();
    }
    return null;
  }
}

/**
 * What a cookie alone allows has to come from this site: browsers say so, by `Sec-Fetch-Site` or `Origin`, and no page can make them lie
 * (OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata", "Verifying Origin"). `SameSite=Strict` guards the same door.
 * @throws {ProblemError} 403
 */
export function requireSameOrigin(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  const { origin, host } = request.headers;
  const isOurs =
    site === undefined ? origin !== undefined && URL.canParse(origin) && new URL(origin).host === host : site === 'same-origin';
  if (!isOurs)
    throw new ProblemError(403, 'a refresh by cookie must come from this site: send the header Origin (or Sec-Fetch-Site: same-origin)');
}

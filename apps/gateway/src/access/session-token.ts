import { errors, jwtVerify, SignJWT } from 'jose';

const ISSUER = 'ringback';
const AUDIENCE = 'ringback-api';

/** A session lasts this long, in ms: 15 min. A disabled user is refused at once all the same. */
export const SESSION_LIFETIME_MS = 15 * 60 * 1000;

/** Makes and reads the access tokens of users: JWT, HS256 (RFC 7519). */
export class SessionTokens {
  readonly #key: Uint8Array;

  constructor(
    secret: string,
    private readonly now: () => number = Date.now,
  ) {
    this.#key = Buffer.from(secret, 'utf8');
  }

  async issue(userId: number): Promise<{ accessToken: string; expiresAt: string }> {
    const issuedS = Math.floor(this.now() / 1000);
    const expiresS = issuedS + SESSION_LIFETIME_MS / 1000;
    const accessToken = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(String(userId))
      .setIssuedAt(issuedS)
      .setExpirationTime(expiresS)
      .sign(this.#key);
    return { accessToken, expiresAt: new Date(expiresS * 1000).toISOString() };
  }

  /** @returns the user's id, or null when the token is not one of ours, forged or expired. */
  async read(token: string): Promise<number | null> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp'],
        currentDate: new Date(this.now()),
      });
      return Number(payload.sub);
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }
}

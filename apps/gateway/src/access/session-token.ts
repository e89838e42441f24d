import { errors, jwtVerify, SignJWT } from 'jose';

const ISSUER = 'ringback';
const AUDIENCE = 'ringback-api';

/** An access token lasts this long, in ms: 15 min. One of a session that was ended is refused at once all the same. */
export const ACCESS_TOKEN_LIFETIME_MS = 15 * 60 * 1000;

export interface SessionClaims {
  readonly userId: number;
  readonly sessionId: string;
}

/** Makes and reads the access tokens of users: JWT, HS256 (RFC 7519). */
export class SessionTokens {
  readonly #key: Uint8Array;

  constructor(
    secret: string,
    readonly now: () => number = Date.now,
  ) {
    this.#key = Buffer.from(secret, 'utf8');
  }

  async issue({ userId, sessionId }: SessionClaims): Promise<{ accessToken: string; expiresAt: string }> {
    const issuedS = Math.floor(this.now() / 1000);
    const expiresS = issuedS + ACCESS_TOKEN_LIFETIME_MS / 1000;
    const accessToken = await new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(String(userId))
      .setIssuedAt(issuedS)
      .setExpirationTime(expiresS)
      .sign(this.#key);
    return { accessToken, expiresAt: new Date(expiresS * 1000).toISOString() };
  }

  /** @returns whose session it is, or null when the token is not one of ours, forged or expired. */
  async read(token: string): Promise<SessionClaims | null> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: ['HS256'],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'sid', 'exp'],
        currentDate: new Date(this.now()),
      });
      return { userId: Number(payload.sub), sessionId: String(payload['sid']) };
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }
}

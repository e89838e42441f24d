import { createParamDecorator, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { scopeSchema } from '@ringback/contracts';
import type { FastifyRequest } from 'fastify';
import { errors, jwtVerify, SignJWT } from 'jose';
import { problem, ProblemError } from './problem-error.js';

/** Who asked for something, and how far that may reach. */
export interface Actor {
  /** A user's email, a key's name, or a service. Stands in versions as `changedBy`. */
  readonly name: string;
  /** Only what belongs to these offers exists for the actor; null: everything does. */
  readonly offerIds: readonly number[] | null;
}

const ISSUER = 'ringback';
const LIFETIME_S = 60;
/**
 * A service's clock may be this far ahead of the gateway's, in s; how far behind does not matter. With it, a token that was overheard works
 * for two minutes: hosts that keep time by NTP are within a second, and one that is minutes off is better found out than let be.
 */
const CLOCK_TOLERANCE_S = 60;
/** The claim `offers`. A token that does not say how far it reaches is refused. */
const offerIdsSchema = scopeSchema.shape.offerIds;

export interface ServiceTokenClaims {
  readonly secret: string;
  readonly audience: string;
  /** Without `offerIds`: a service that acts by itself, on everything. */
  readonly actor: Pick<Actor, 'name'> & Partial<Actor>;
}

/** @returns a token for one service (`audience`, its name) on behalf of `actor`: JWT, HS256 (RFC 7519), valid 60 s. */
export async function signServiceToken(options: ServiceTokenClaims): Promise<string> {
  return new SignJWT({ offers: options.actor.offerIds ?? null })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience(options.audience)
    .setSubject(options.actor.name)
    .setIssuedAt()
    .setExpirationTime(`${LIFETIME_S}s`)
    .sign(Buffer.from(options.secret, 'utf8'));
}

export interface ServiceTokenCheck {
  readonly secret: string;
  /** Still taken while a new secret is being brought in: see docs/runbook.md. */
  readonly previousSecret?: string | undefined;
  /** The name of the service that checks. */
  readonly audience: string;
}

/** @returns who calls. @throws {ProblemError} 401 when the token is missing, forged, expired, or for another service. */
export async function verifyServiceToken(token: string | undefined, check: ServiceTokenCheck): Promise<Actor> {
  if (token === undefined) throw unauthorized('a service token is needed');
  const { previousSecret } = check;
  try {
    try {
      return await readToken(token, check.secret, check.audience);
    } catch (error) {
      if (previousSecret === undefined || !(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      return await readToken(token, previousSecret, check.audience);
    }
  } catch (cause) {
    throw unauthorized('the service token is not valid', cause);
  }
}

async function readToken(token: string, secret: string, audience: string): Promise<Actor> {
  const { payload } = await jwtVerify(token, Buffer.from(secret, 'utf8'), {
    algorithms: ['HS256'],
    issuer: ISSUER,
    audience,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['sub', 'exp', 'offers'],
  });
  return { name: payload.sub!, offerIds: offerIdsSchema.parse(payload['offers']) };
}

function unauthorized(detail: string, cause?: unknown): ProblemError {
  return new ProblemError(401, detail, { headers: { 'www-authenticate': 'Bearer' }, cause });
}

/** @returns the token of an `Authorization: Bearer …` header (RFC 6750 §2.1). */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i.exec(header ?? '')?.[1];
}

const actors = new WeakMap<object, Actor>();

/** @returns the name of the actor that the guard found for a request; null before it, and where it let nobody in. */
export function actorName(request: object): string | null {
  return actors.get(request)?.name ?? null;
}

/** @returns whether what belongs to the offer exists for the actor. What was read is asked here; lists put `offerIds` into their query. */
export function reaches({ offerIds }: Pick<Actor, 'offerIds'>, offerId: number): boolean {
  return offerIds === null || offerIds.includes(offerId);
}

/** For what concerns all offers. @param what such as "create offers" @throws {ProblemError} 403 for an actor that is limited to some. */
export function requireWholeReach({ offerIds }: Pick<Actor, 'offerIds'>, what: string): void {
  if (offerIds !== null) throw new ProblemError(403, `who is limited to listed offers cannot ${what}: use a key for all offers`);
}

/** Tells who sends a token that is no service token; null: nobody. @throws {ProblemError} when they are known, and refused all the same. */
export type OtherCallers = (token: string, context: ExecutionContext) => Actor | null;

/**
 * Lets in what carries a valid token for this service. Use as a global guard: no service trusts the network. Where the path names an offer
 * (`:offerId`) that the actor does not reach, the answer is the one for an offer that does not exist, on every route there is or will be.
 */
export class ServiceTokenGuard implements CanActivate {
  constructor(
    private readonly options: ServiceTokenCheck,
    private readonly otherCallers: OtherCallers = () => null,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const actor = await this.#identify(bearerToken(request.headers.authorization), context);
    const { offerId } = request.params as { offerId?: string };
    if (offerId !== undefined && !reaches(actor, Number(offerId))) throw problem.notFound(`offer ${offerId}`);
    actors.set(request, actor);
    return true;
  }

  async #identify(token: string | undefined, context: ExecutionContext): Promise<Actor> {
    try {
      return await verifyServiceToken(token, this.options);
    } catch (refusal) {
      const other = token === undefined ? null : this.otherCallers(token, context);
      if (other === null) throw refusal;
      return other;
    }
  }
}

/** Parameter decorator: the {@link Actor} that the guard found. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const actor = actors.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (actor === undefined) throw new Error('CurrentActor needs the ServiceTokenGuard before the route');
  return actor;
});

import { Body, Controller, Req, Res } from '@nestjs/common';
import { sessionInputSchema, sessionListSchema, sessionSchema } from '@ringback/contracts';
import { ProblemError } from '@ringback/service-runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JsonBody } from '../http/json-body.js';
import { readBody } from '../http/read-body.js';
import { Endpoint } from '../http/endpoint.js';
import { signedIn } from '../http/http-edge.js';
import { RefreshCookie, requireSameOrigin } from '../sessions/refresh-cookie.js';
import type { IssuedSession } from '../sessions/sessions.service.js';
import { Sessions } from '../sessions/sessions.service.js';
import { SignIn } from '../sessions/sign-in.js';

const tag = 'Access';
const view = {
  id: '0b6f6a3e-6f0e-4c1b-9f0e-2d1c5b7a9e11',
  current: true,
  createdAt: '2026-01-01T12:00:00.000Z',
  lastUsedAt: '2026-01-01T12:05:00.000Z',
  expiresAt: '2026-01-31T12:00:00.000Z',
  address: '203.0.113.9',
  userAgent: 'Mozilla/5.0',
};
const example = { accessToken: 'eyJhbGciOiJIUzI1NiJ9…', expiresAt: '2026-01-01T12:15:00.000Z' };

@Controller()
export class SessionsController {
  constructor(
    private readonly signIn: SignIn,
    private readonly sessions: Sessions,
    private readonly cookie: RefreshCookie,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/auth/sessions',
    tag,
    summary: 'Sign in',
    description:
      'The access token goes into the header `Authorization: Bearer <accessToken>` and lasts 15 minutes. Browsers get a cookie too, which no script can read and which refreshes it; clients without a browser may ignore it and sign in again. After many failures account and address have to wait, longer each time.',
    access: 'anyone',
    scope: 'shared',
    audit: 'itself',
    body: { schema: sessionInputSchema, example: { email: 'admin@example.com', password: 'correct horse battery staple' } },
    bodyLimitBytes: 16 * 1024,
    answers: { 201: { description: 'Signed in.', schema: sessionSchema, example } },
    problems: [401, 429],
  })
  async createSession(@Body() body: JsonBody | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const session = await this.signIn.byPassword(readBody(sessionInputSchema, body), request);
    await this.#answer(reply.status(201), session);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/auth/sessions/refresh',
    tag,
    summary: 'Get another access token, by the cookie of the session',
    description:
      'For browsers, from this site only. Each refresh replaces the cookie; one that comes back later than 10 seconds after its use was stolen, and ends the session.',
    access: 'anyone',
    scope: 'shared',
    audit: 'never',
    answers: { 200: { description: 'Refreshed.', schema: sessionSchema, example } },
    problems: [401, 403],
  })
  async refreshSession(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const token = this.cookie.read(request);
    if (token !== null) requireSameOrigin(request);
    const session = token === null ? null : await this.signIn.byRefreshToken(token, request);
    if (session === null) {
      if (token !== null) this.cookie.clear(reply);
      throw new ProblemError(401, 'there is no session, or it has ended: sign in again', {
        headers: { 'www-authenticate': 'Bearer realm="ringback"' },
      });
    }
    await this.#answer(reply.status(200), session);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/auth/sessions',
    tag,
    summary: 'List your own sessions',
    description: 'The newest first: from where, since when, when last refreshed.',
    access: 'user',
    scope: 'shared',
    answers: { 200: { description: 'All that have not ended; at most 50.', schema: sessionListSchema, example: { items: [view] } } },
  })
  async listSessions(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await reply.send({ items: await this.sessions.list(signedIn(request)) });
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/auth/sessions/current',
    tag,
    summary: 'Sign out',
    description: 'The access token and the cookie of this session work no more, at once.',
    access: 'user',
    scope: 'shared',
    answers: { 204: { description: 'Signed out.', schema: null } },
  })
  async signOut(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.sessions.end('signed out', { sessionId: signedIn(request).sessionId! });
    this.cookie.clear(reply);
    await reply.status(204).send();
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/auth/sessions',
    tag,
    summary: 'Sign out everywhere',
    description: 'All your sessions end, this one too.',
    access: 'user',
    scope: 'shared',
    answers: { 204: { description: 'Signed out everywhere.', schema: null } },
  })
  async signOutEverywhere(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.sessions.end('signed out everywhere', { userId: signedIn(request).id });
    this.cookie.clear(reply);
    await reply.status(204).send();
  }

  async #answer(reply: FastifyReply, { accessToken, expiresAt, refreshToken, refreshExpiresAt }: IssuedSession): Promise<void> {
    this.cookie.set(reply, refreshToken, refreshExpiresAt);
    await reply.send({ accessToken, expiresAt });
  }
}

import { Body, Controller, Res } from '@nestjs/common';
import { fieldErrors } from '@ringback/contracts';
import { problem, ProblemError } from '@ringback/service-runtime';
import type { FastifyReply } from 'fastify';
import { AccountsStore, normaliseEmail } from '../access/accounts.store.js';
import { PasswordHasher } from '../access/password-hasher.js';
import { SessionTokens } from '../access/session-token.js';
import { Endpoint } from '../http/endpoint.js';
import type { JsonBody } from '../http/json-body.js';
import { sessionInputSchema, sessionSchema } from './named-schemas.js';

@Controller()
export class SessionsController {
  constructor(
    private readonly accounts: AccountsStore,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionTokens,
  ) {}

  /** Says nothing about whether an account exists: an unknown address takes the same work and gets the same answer. */
  @Endpoint({
    method: 'POST',
    path: '/v1/auth/sessions',
    tag: 'Access',
    summary: 'Sign in',
    description: 'The access token goes into the header `Authorization: Bearer <accessToken>` and lasts 15 minutes.',
    access: 'anyone',
    body: { schema: sessionInputSchema, example: { email: 'admin@example.com', password: 'correct horse battery staple' } },
    bodyLimitBytes: 16 * 1024,
    answers: { 201: { description: 'Signed in.', schema: sessionSchema } },
  })
  async createSession(@Body() body: JsonBody | undefined, @Res() reply: FastifyReply): Promise<void> {
    const input = sessionInputSchema.safeParse(body?.value);
    if (!input.success) throw problem.unprocessable(fieldErrors(input.error));
    const user = await this.accounts.userForSignIn(normaliseEmail(input.data.email));
    const matches = await this.hasher.verify(input.data.password, user?.passwordHash ?? this.hasher.decoy);
    if (user === null || !matches || !user.active)
      throw new ProblemError(401, 'the email or the password is wrong', { headers: { 'www-authenticate': 'Bearer realm="ringback"' } });
    await reply.status(201).send(await this.sessions.issue(user.id));
  }
}

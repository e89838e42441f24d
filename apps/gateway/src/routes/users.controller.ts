import { Body, Controller, Headers, Query, Req, Res } from '@nestjs/common';
import {
  invitedUserSchema,
  oneTimeTokenSchema,
  userInputSchema,
  userListQuerySchema,
  userPageSchema,
  userPatchSchema,
  userSchema,
} from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteBefore } from '../audit/audit-trail.js';
import { Endpoint } from '../http/endpoint.js';
import { etag } from '../http/etag.js';
import { edgeContext, signedIn } from '../http/http-edge.js';
import type { JsonBody } from '../http/json-body.js';
import { readBody } from '../http/read-body.js';
import { Users } from '../people/users.service.js';
import { Sessions } from '../sessions/sessions.service.js';

const tag = 'Users';
const example = {
  id: 2,
  email: 'grace@example.com',
  role: 'manager',
  status: 'invited',
  lastSignInAt: null,
  version: 1,
  createdAt: '2026-01-01T12:00:00.000Z',
  updatedAt: '2026-01-01T12:00:00.000Z',
};
const invitation = { token: 'x3Jq…', purpose: 'invitation', expiresAt: '2026-01-04T12:00:00.000Z' };

@Controller()
export class UsersController {
  constructor(
    private readonly users: Users,
    private readonly sessions: Sessions,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/users',
    tag,
    summary: 'List users',
    access: 'users:read',
    scope: 'network-wide',
    query: userListQuerySchema,
    answers: { 200: { description: 'A page.', schema: userPageSchema, example: { items: [example], nextCursor: null } } },
  })
  async listUsers(@Query() query: unknown, @Res() reply: FastifyReply): Promise<void> {
    await reply.send(await this.users.list(userListQuerySchema.parse(query)));
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/users',
    tag,
    summary: 'Invite a user',
    description:
      'The token is shown this once: pass it on. Whoever has it sets the password (`POST /v1/auth/invitations/:token`), once, within 72 hours.',
    access: 'users:write',
    scope: 'network-wide',
    body: { schema: userInputSchema, example: { email: 'grace@example.com', role: 'manager' } },
    answers: {
      201: { description: 'Invited.', schema: invitedUserSchema, headers: ['ETag', 'Location'], example: { ...example, invitation } },
    },
    problems: [409],
  })
  async inviteUser(@Body() body: JsonBody | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const user = await this.users.invite(signedIn(request), readBody(userInputSchema, body));
    await reply.status(201).header('location', `/v1/users/${user.id}`).header('etag', etag(user.version)).send(user);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/users/:userId',
    tag,
    summary: 'Read a user',
    access: 'users:read',
    scope: 'network-wide',
    answers: { 200: { description: 'The user.', schema: userSchema, headers: ['ETag'], example } },
  })
  async readUser(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const user = await this.users.read(userId(request));
    await reply.header('etag', etag(user.version)).send(user);
  }

  @Endpoint({
    method: 'PATCH',
    path: '/v1/users/:userId',
    tag,
    summary: 'Give a user another role, disable or enable them',
    description: 'Holds at once. Nobody changes their own, and one active admin is always left.',
    access: 'users:write',
    scope: 'network-wide',
    headers: ['If-Match'],
    body: { schema: userPatchSchema, example: { status: 'disabled' } },
    answers: { 200: { description: 'Changed.', schema: userSchema, headers: ['ETag'], example: { ...example, status: 'disabled' } } },
    problems: [409],
  })
  async editUser(
    @Body() body: JsonBody | undefined,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const id = userId(request);
    const patch = readBody(userPatchSchema, body);
    noteBefore(request, await this.users.read(id));
    const user = await this.users.patch(signedIn(request), id, patch, ifMatch);
    await reply.header('etag', etag(user.version)).send(user);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/users/:userId/sign-out',
    tag,
    summary: 'Sign a user out everywhere',
    description: 'All their sessions end at once.',
    access: 'users:write',
    scope: 'network-wide',
    answers: { 204: { description: 'Signed out.', schema: null } },
  })
  async signUserOut(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { id } = await this.users.read(userId(request));
    await this.sessions.end(`signed out by ${signedIn(request).name}`, { userId: id });
    await reply.status(204).send();
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/users/:userId/password-reset',
    tag,
    summary: 'Make a one-time link for a user',
    description:
      'Shown this once; the one before works no more. A password reset (`POST /v1/auth/password-resets/:token`, 24 hours), or another invitation for who has no password yet.',
    access: 'users:write',
    scope: 'network-wide',
    answers: {
      201: {
        description: 'Made.',
        schema: oneTimeTokenSchema,
        example: { ...invitation, purpose: 'password-reset', expiresAt: '2026-01-02T12:00:00.000Z' },
      },
    },
    problems: [409],
  })
  async makePasswordReset(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await reply.status(201).send(await this.users.makeToken(signedIn(request), userId(request)));
  }
}

function userId(request: FastifyRequest): number {
  return Number(edgeContext(request).parameters['userId']);
}

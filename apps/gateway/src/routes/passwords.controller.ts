import { Body, Controller, Req, Res } from '@nestjs/common';
import { passwordChangeSchema, passwordSettingSchema } from '@ringback/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditLog } from '../audit/audit-log.store.js';
import { Endpoint } from '../http/endpoint.js';
import { edgeContext, signedIn } from '../http/http-edge.js';
import type { JsonBody } from '../http/json-body.js';
import { readBody } from '../http/read-body.js';
import type { TokenPurpose } from '../people/one-time-tokens.js';
import { Passwords } from '../people/passwords.service.js';
import { originOf } from '../sessions/origin.js';

const tag = 'Access';
const PASSWORD_LIMIT_BYTES = 16 * 1024;

@Controller()
export class PasswordsController {
  constructor(
    private readonly passwords: Passwords,
    private readonly audit: AuditLog,
  ) {}

  @Endpoint({
    method: 'PUT',
    path: '/v1/auth/password',
    tag,
    summary: 'Change your own password',
    description: 'Ends all your other sessions.',
    access: 'user',
    scope: 'shared',
    body: {
      schema: passwordChangeSchema,
      example: { currentPassword: 'correct horse battery staple', newPassword: 'incorrect donkey charger paperclip' },
    },
    bodyLimitBytes: PASSWORD_LIMIT_BYTES,
    answers: { 204: { description: 'Changed.', schema: null } },
    problems: [429],
  })
  async changePassword(@Body() body: JsonBody | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.passwords.change(signedIn(request), originOf(request).address, readBody(passwordChangeSchema, body));
    await reply.status(204).send();
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/auth/invitations/:token',
    tag,
    summary: 'Accept an invitation: set the password',
    description: 'Once, within 72 hours. Then sign in.',
    access: 'anyone',
    scope: 'shared',
    audit: 'itself',
    body: { schema: passwordSettingSchema, example: { password: 'correct horse battery staple' } },
    bodyLimitBytes: PASSWORD_LIMIT_BYTES,
    answers: { 204: { description: 'The password is set, and the user active.', schema: null } },
  })
  acceptInvitation(@Body() body: JsonBody | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#set('invitation', 'acceptInvitation', body, request, reply);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/auth/password-resets/:token',
    tag,
    summary: 'Set the password by the link that an admin made',
    description: 'Once, within 24 hours. Ends all sessions of the user.',
    access: 'anyone',
    scope: 'shared',
    audit: 'itself',
    body: { schema: passwordSettingSchema, example: { password: 'correct horse battery staple' } },
    bodyLimitBytes: PASSWORD_LIMIT_BYTES,
    answers: { 204: { description: 'The password is set.', schema: null } },
  })
  resetPassword(@Body() body: JsonBody | undefined, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.#set('password-reset', 'resetPassword', body, request, reply);
  }

  /** The entry names the user, and not the token that the path holds. */
  async #set(
    purpose: TokenPurpose,
    action: string,
    body: JsonBody | undefined,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { password } = readBody(passwordSettingSchema, body);
    const token = edgeContext(request).parameters['token']!;
    const holder = await this.passwords.holderOf(purpose, token);
    const entry = await this.audit.open({
      ...originOf(request),
      actor: { kind: 'user', id: holder.id, name: holder.email },
      action,
      subject: `users/${holder.id}`,
      requestId: request.id,
      request: null,
    });
    await this.passwords.setByToken(purpose, token, holder, password);
    await this.audit.close(entry, { status: 204, subject: null, before: null, after: null });
    await reply.status(204).send();
  }
}

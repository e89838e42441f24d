import { Readable } from 'node:stream';
import { Controller, Query, Res } from '@nestjs/common';
import { auditEntrySchema, auditExportQuerySchema, auditListQuerySchema, auditPageSchema } from '@ringback/contracts';
import type { FastifyReply } from 'fastify';
import { AuditLog } from '../audit/audit-log.store.js';
import { Endpoint } from '../http/endpoint.js';

const tag = 'Audit log';
const example = {
  id: 1042,
  at: '2026-01-01T12:00:00.000Z',
  actor: { kind: 'user', id: 1, name: 'ada@example.com' },
  action: 'editOffer',
  subject: 'offers/7',
  address: '203.0.113.9',
  userAgent: 'Mozilla/5.0',
  requestId: '8f1f2a4e-7c0d-4a57-9b7e-0d1c2b3a4f5e',
  request: { status: 'paused' },
  outcome: 'done',
  status: 200,
  before: { id: 7, status: 'active', version: 3 },
  after: { id: 7, status: 'paused', version: 4 },
};

@Controller()
export class AuditLogController {
  constructor(private readonly log: AuditLog) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/audit-log',
    tag,
    summary: 'List what was changed, by whom, and who signed in',
    description: 'The newest first. Secrets are masked. `subject` finds what is below it too. Kept for ever.',
    access: 'audit:read',
    scope: 'network-wide',
    query: auditListQuerySchema,
    answers: { 200: { description: 'A page.', schema: auditPageSchema, example: { items: [example], nextCursor: null } } },
  })
  async listAuditLog(@Query() query: unknown, @Res() reply: FastifyReply): Promise<void> {
    const { limit, cursor, ...filter } = auditListQuerySchema.parse(query);
    await reply.send(await this.log.list(filter, { limit, cursor }));
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/audit-log/export',
    tag,
    summary: 'Export the audit log',
    description: 'All that the filter finds, the newest first, as newline-delimited JSON: an entry a line.',
    access: 'audit:read',
    scope: 'network-wide',
    query: auditExportQuerySchema,
    answers: { 200: { description: 'The entries.', schema: auditEntrySchema, mediaTypes: { 'application/x-ndjson': example } } },
  })
  async exportAuditLog(@Query() query: unknown, @Res() reply: FastifyReply): Promise<void> {
    const lines = this.log.lines(auditExportQuerySchema.parse(query));
    await reply
      .header('content-type', 'application/x-ndjson')
      .header('content-disposition', 'attachment; filename="audit-log.ndjson"')
      .send(Readable.from(lines));
  }
}

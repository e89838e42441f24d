import { ApiContract } from './api-contract.js';

const json = (schema: object) => ({ content: { 'application/json': { schema } } });
const contract = new ApiContract({
  paths: {
    '/v1/offers/{offerId}': {
      get: { responses: { 200: json({ $ref: '#/components/schemas/Offer' }), 404: { $ref: '#/components/responses/NotFound' } } },
      delete: { responses: { 204: {} } },
    },
    '/v1/offers/batch': { post: { responses: { 200: json({ type: 'array' }) } } },
  },
  components: {
    schemas: {
      Offer: { type: 'object', required: ['id'], properties: { id: { type: 'integer' }, at: { type: 'string', format: 'date-time' } } },
    },
    responses: { NotFound: { content: { 'application/problem+json': { schema: { type: 'object', required: ['title'] } } } } },
  },
} as never);

const answer = (status: number, body: unknown, type = 'application/json; charset=utf-8') => ({
  status,
  body,
  headers: { 'content-type': type },
});
const problem = (status: number) => answer(status, { title: 'Not Found' }, 'application/problem+json');

describe('an answer of the gateway', () => {
  it.each([
    ['GET', '/v1/offers/7?x=1', answer(200, { id: 7, at: '2026-01-01T00:00:00Z' })],
    ['HEAD', '/v1/offers/7', answer(200, '')],
    ['GET', '/v1/offers/7', problem(404)],
    ['DELETE', '/v1/offers/7', { status: 204, body: '', headers: {} }],
    ['POST', '/v1/offers/batch', answer(200, [])],
    ['PATCH', '/v1/offers/7', problem(405)],
    ['GET', '/v1/nothing', problem(404)],
    ['GET', '/%', problem(400)],
    ['GET', '/health/live', answer(503, { ok: false })],
  ])('%s %s passes when it is as documented', (method, path, given) => {
    expect(() => contract.check(method, path, given)).not.toThrow();
  });

  it.each([
    ['GET', '/v1/offers/7', answer(200, { id: '7' }), '/id must be integer'],
    ['GET', '/v1/offers/7', answer(200, { id: 7, at: 'yesterday' }), '/at must match format'],
    ['GET', '/v1/offers/7', answer(200, { id: 7 }, 'text/html'), 'its type is "text/html"'],
    ['GET', '/v1/offers/7', answer(409, {}), 'knows only 200, 404'],
    ['GET', '/v1/offers/7', answer(404, { title: 'x' }), 'its type is "application/json"'],
    ['DELETE', '/v1/offers/7', answer(204, { id: 7 }), 'no body'],
    ['POST', '/v1/offers/batch', answer(200, {}), 'must be array'],
    ['PATCH', '/v1/offers/7', answer(200, {}), '405 was to be expected'],
    ['GET', '/v1/nothing', answer(200, {}), '400 or 404 was to be expected'],
    ['GET', '/v1/offers/7', problem(500), 'knows only'],
  ])('%s %s fails by name when it is not: %#', (method, path, given, complaint) => {
    expect(() => contract.check(method, path, given)).toThrow(complaint);
  });
});

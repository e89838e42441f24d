import { problem } from '@ringback/service-runtime';
import { fastify } from 'fastify';
import type { Authenticator } from '../access/authenticator.js';
import type { DeclaredEndpoint } from './endpoint.js';
import { edgeContext, installHttpEdge } from './http-edge.js';

const caller = {
  kind: 'user' as const,
  id: 1,
  sessionId: null,
  name: 'ada@example.com',
  role: 'viewer',
  permissions: [],
  scope: { offerIds: null as number[] | null },
};
const endpoint: DeclaredEndpoint = {
  operationId: 'readOffer',
  method: 'GET',
  path: '/v1/offers/:offerId',
  tag: 'Offers',
  summary: 'Read an offer',
  access: 'configuration:read',
  scope: 'offer-path',
  answers: {},
};

async function edge(admit: (header: string | undefined, needed: string) => Promise<typeof caller>) {
  const app = fastify();
  installHttpEdge(app, { admit } as unknown as Authenticator, [endpoint]);
  app.get('/v1/offers/:offerId', { config: { endpoint } }, (request) => Promise.resolve(edgeContext(request)));
  app.get('/v1/forgotten', () => Promise.resolve('secrets'));
  app.get('/health/live', () => Promise.resolve('alive'));
  await app.ready();
  return app;
}

describe('the edge', () => {
  it('hands the caller and the checked parameters to the handler', async () => {
    const asked: unknown[] = [];
    const app = await edge((header, needed) => {
      asked.push([header, needed]);
      return Promise.resolve(caller);
    });
    const answer = await app.inject({ url: '/v1/offers/%37', headers: { authorization: 'Bearer x' } });
    expect(answer.json()).toMatchObject({ caller, parameters: { offerId: '7' } });
    expect(asked).toEqual([['Bearer x', 'configuration:read']]);
  });

  it('lets nobody to a route that was declared nowhere, whoever asks', async () => {
    const app = await edge(() => Promise.resolve(caller));
    const answer = await app.inject({ url: '/v1/forgotten', headers: { authorization: 'Bearer x' } });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secrets');
  });

  it('asks nobody who wants to know whether the process lives', async () => {
    const app = await edge(() => Promise.reject(problem.unavailable('asked')));
    expect((await app.inject('/health/live')).body).toBe('alive');
  });

  it('refuses before the handler runs', async () => {
    const app = await edge(() => Promise.reject(problem.unavailable('refused')));
    expect((await app.inject('/v1/offers/7')).body).toContain('refused');
  });
});

import { createHmac, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOPICS } from '@ringback/contracts';
import type { AnswerOrFault, ReceivedRequest } from '@ringback/testbed';
import { eventually } from './harness/eventually.js';
import { Haystack } from './harness/secret-search.js';
import { ownSystem, type System } from './harness/system.js';

/** With characters that every encoding changes, so that each form is another. */
const secret = (name: string): string => `${name}-ßé&=?/+ "${randomBytes(9).toString('base64url')}`;
/** Where a value stands in a header, or a URL, it is plain. */
const plain = (name: string): string => `${name}-${randomBytes(12).toString('hex')}`;
const signingKey = () => randomBytes(24);

/**
 * Everything that a run produces is kept, and searched for what must not be in it: every answer of the API, what the processes logged (down
 * to their smallest detail), every byte on Kafka, every row of the database, the metrics.
 */
describe('secrets appear nowhere', () => {
  let system: System;
  const produced = new Haystack();
  const received = new Haystack();
  const requests: ReceivedRequest[] = [];
  const marker = `marker-${randomBytes(6).toString('hex')}`;

  const sent = {
    token: plain('token'),
    password: secret('password'),
    getParam: secret('get-param'),
    formParam: secret('form-param'),
    jsonParam: secret('json-param'),
    header: plain('header'),
    edited: plain('edited'),
    previewed: secret('previewed'),
    // Short: what reads JSON quotes all of a short text in its errors.
    brokenJson: `s-${randomBytes(4).toString('hex')}`,
    noNumber: plain('no-number'),
    restored: plain('restored'),
  };
  const signing = { first: signingKey(), second: signingKey() };
  /** What is only ever kept, or shown to nobody but its owner. */
  const held: Record<string, string> = {};
  const tokens: string[] = [];

  const api = async (method: string, path: string, body?: unknown, expected?: number): Promise<Record<string, unknown>> => {
    const answer = await fetch(system.platform.url + path, {
      method,
      headers: {
        authorization: `Bearer ${system.platform.bootstrapApiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    produced.add(`${method} ${path.replace(/[0-9a-f-]{30,}/g, ':id')}`, `${answer.status} ${JSON.stringify([...answer.headers])} ${text}`);
    if (expected !== undefined && answer.status !== expected) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return (
      /json/.test(answer.headers.get('content-type') ?? '') && !/ndjson/.test(answer.headers.get('content-type')!) ? JSON.parse(text) : {}
    ) as Record<string, unknown>;
  };

  /** Tells back all it was told, in every way that a receiver may. */
  const echo = (request: ReceivedRequest): AnswerOrFault => {
    requests.push(request);
    received.add('the receiver', request.rawUrl);
    received.add('the receiver', JSON.stringify(request.headers));
    received.add('the receiver', request.body);
    const authorization = request.header('authorization') ?? '';
    const [, credentials = ''] = authorization.split(' ');
    // What it was told, as it came and decoded.
    const told = [request.rawUrl, decodeURIComponent(request.rawUrl), Buffer.from(credentials, 'base64').toString('utf8')];
    const fields = [...new URLSearchParams(request.body.toString('utf8')).values()];
    const body = `${JSON.stringify({ told, fields, headers: request.headers, body: request.body.toString('utf8') })} ${told.join(' ')} ${fields.join(' ')}`;
    const headers = {
      'x-echo': [authorization, request.header('x-key') ?? ''],
      'set-cookie': `key=${request.header('x-key') ?? ''}`,
      'x-url': request.rawUrl,
    };
    if (request.path === '/bad') return { status: 500, headers, body };
    if (request.path === '/gone') return { status: 410, headers, body };
    if (request.path === '/redirects')
      return {
        status: 302,
        headers: { ...headers, location: `https://elsewhere.example${request.rawUrl}&key=${request.header('x-key') ?? ''}` },
      };
    return { headers, body };
  };

  beforeAll(async () => {
    system = await ownSystem({ env: { LOG_LEVEL: 'trace' } });
    system.receiver.answer(echo);
    Object.assign(held, {
      firstSigning: signing.first.toString('base64'),
      secondSigning: signing.second.toString('base64'),
      adminPassword: system.platform.admin.password,
      bootstrapApiKey: system.platform.bootstrapApiKey,
      masterKey: system.platform.settings.masterKey,
      serviceTokenSecret: system.platform.settings.serviceTokenSecret,
    });
    await use();
    await collect();
  });
  afterAll(() => system.close());

  /** Uses everything that can carry a secret, and everything that could show one. */
  async function use(): Promise<void> {
    const { receiver } = system;
    const offerId = (await api('POST', '/v1/offers', { name: marker }, 201))['id'] as number;
    const affiliateId = (await api('POST', '/v1/affiliates', { name: marker }, 201))['id'] as number;
    const callbacks = `/v1/offers/${offerId}/callbacks`;
    const common = {
      name: marker,
      affiliateId,
      conversionStatus: 'pending',
      requestHeaders: [{ name: 'X-Key', value: sent.header, secret: true }],
      signingSecrets: [{ value: `whsec_${signing.first.toString('base64')}` }, { value: `whsec_${signing.second.toString('base64')}` }],
    };
    const basic = { login: 'ada', password: sent.password };
    const makes = [
      {
        httpType: 'GET',
        url: `${receiver.url}/good`,
        basicAuth: { token: sent.token },
        requestParams: [{ name: 'k', value: sent.getParam, secret: true }],
      },
      {
        httpType: 'POST_FORM',
        url: `${receiver.url}/bad`,
        basicAuth: basic,
        requestParams: [{ name: 'k', value: sent.formParam, secret: true }],
      },
      {
        httpType: 'POST_JSON',
        url: `${receiver.url}/good`,
        basicAuth: basic,
        requestParams: [{ name: 'k.deep', value: sent.jsonParam, secret: true }],
      },
      { httpType: 'GET', url: `${receiver.url}/redirects`, requestParams: [{ name: 'k', value: sent.getParam, secret: true }] },
      { httpType: 'GET', url: `${receiver.url}/gone`, requestParams: [{ name: 'k', value: sent.getParam, secret: true }] },
      {
        httpType: 'POST_JSON',
        url: `${receiver.url}/good`,
        requestParams: [{ name: 'k', value: `["${sent.brokenJson}",{sub1|raw}]`, type: 'json', secret: true }],
      },
      {
        httpType: 'POST_JSON',
        url: `${receiver.url}/good`,
        requestParams: [{ name: 'k', value: sent.noNumber, type: 'number', secret: true }],
      },
    ];
    const ids: number[] = [];
    for (const make of makes) ids.push((await api('POST', callbacks, { ...common, ...make }, 201))['id'] as number);

    const refused = { ...common, ...makes[0], requestHeaders: [{ name: 'Host', value: sent.header, secret: true }] };
    await api('POST', callbacks, refused, 422);
    const notJson = { name: 'k', value: `["${sent.brokenJson}",]`, type: 'json', secret: true };
    await api('POST', callbacks, { ...common, ...makes[5], requestParams: [notJson] }, 422);
    await api('POST', callbacks, { ...refused, requestHeaders: [{ name: 'x', value: `${sent.header}{nothing}`, secret: true }] }, 422);
    await api('POST', callbacks, { ...refused, [sent.edited.slice(0, 3)]: 1, basicAuth: { token: 5, password: sent.password } }, 422);
    await api(
      'POST',
      `${callbacks}/preview`,
      { callback: { ...common, ...makes[0], requestParams: [{ name: 'k', value: sent.previewed, secret: true }] } },
      200,
    );
    await api('POST', `${callbacks}/preview`, { callback: { ...common, ...makes[6], signingSecrets: [] }, callbackId: ids[6] }, 200);

    const conversion = (await api('POST', '/v1/conversions', { offerId, affiliateId, status: 'pending', ip: '203.0.113.24' }, 201))[
      'id'
    ] as string;
    const list = `/v1/deliveries?conversionId=${conversion}`;
    await eventually(async () => {
      const { items } = (await api('GET', list, undefined, 200)) as { items: { status: string; attempts: number }[] };
      const statuses = items.map(({ status }) => status).toSorted();
      expect(statuses).toEqual(['delivered', 'delivered', 'delivered', 'exhausted', 'exhausted', 'retrying', 'retrying']);
    });
    await eventually(async () =>
      expect(await api('GET', `${callbacks}/${ids[4]}`)).toMatchObject({ enabled: false, disabledReason: expect.any(String) }),
    );

    for (const id of ids) await api('POST', `${callbacks}/${id}/test`, { conversionId: conversion });
    const edited = { requestHeaders: [{ name: 'X-Key', value: sent.edited, secret: true }] };
    await api('PATCH', `${callbacks}/${ids[0]}`, edited, 200);
    await api('PATCH', `${callbacks}/${ids[2]}`, { basicAuth: { login: 'eve', password: sent.restored } }, 200);
    await api('PUT', `/v1/conversions/${conversion}/status`, { status: 'done' }, 200);
    await api('POST', '/v1/conversions', { offerId, affiliateId, status: 'pending' }, 201);
    await eventually(() => {
      expect(received.find(sent.edited).length).toBeGreaterThan(0);
      expect(received.find(sent.restored).length).toBeGreaterThan(0);
    });
    await api('POST', `${callbacks}/${ids[2]}/versions/1/restore`, {});
    await api('DELETE', `${callbacks}/${ids[3]}`);
    for (const path of [callbacks, ...ids.flatMap((id) => [`${callbacks}/${id}`, `${callbacks}/${id}/versions`])]) await api('GET', path);

    const { items } = (await api('GET', '/v1/deliveries?limit=200', undefined, 200)) as { items: { id: string }[] };
    expect(items.length).toBeGreaterThanOrEqual(10);
    for (const { id } of items) await api('GET', `/v1/deliveries/${id}`, undefined, 200);
    for (const format of ['ndjson', 'csv']) await api('GET', `/v1/deliveries/export?format=${format}`, undefined, 200);
    await system.publish(TOPICS.conversionsEvents, [{ key: 'x', value: Buffer.from('{') }]);
    const letters = await eventually(async () => {
      const page = (await api('GET', '/v1/dead-letters', undefined, 200)) as { items: { id: string }[] };
      expect(page.items.length).toBeGreaterThan(0);
      return page.items;
    });
    await api('GET', `/v1/dead-letters/${letters[0]!.id}`, undefined, 200);
    for (const path of [
      `/v1/conversions/${conversion}`,
      `/v1/conversions/${conversion}/explanation`,
      '/v1/conversions',
      '/v1/waiting',
      '/v1/failing-callbacks',
      '/v1/pauses',
    ])
      await api('GET', path);
    for (const path of ['/v1/macros', '/v1/openapi.json', '/metrics', '/health/live', '/v1/offers', '/v1/affiliates'])
      await api('GET', path);
    const session = await api('POST', '/v1/auth/sessions', { ...system.platform.admin }, undefined);
    held['refused'] = plain('no-password');
    await api('POST', '/v1/auth/sessions', { ...system.platform.admin, password: held['refused'] });
    // Shown to whoever signs in, and nowhere else.
    tokens.push(session['accessToken'] as string);
  }

  async function collect(): Promise<void> {
    await eventually(async () => expect(Number((await system.sql('select count(*) from offers.outbox'))[0]!['count'])).toBe(0));
    for (const service of ['offers-service', 'conversions-service', 'dispatcher-service'] as const) {
      const metrics = await fetch(`${system.platform.service(service).url}/metrics`);
      produced.add(`metrics of ${service}`, await metrics.text());
    }
    for (const file of readdirSync(system.platform.logFolder))
      produced.add(`log ${file}`, readFileSync(join(system.platform.logFolder, file)));
    const tables = await system.sql(
      `select format('%I.%I', nspname, relname) as name from pg_class join pg_namespace n on n.oid = relnamespace
       where relkind in ('r', 'p') and not relispartition and nspname not like 'pg\\_%' and nspname <> 'information_schema'`,
    );
    for (const { name } of tables)
      for (const row of await system.sql(`select * from ${String(name)}`))
        for (const [column, value] of Object.entries(row)) produced.addValue(`${String(name)}.${column}`, value);
    for (const topic of Object.values(TOPICS))
      for (const { key, value } of await system.readAll(topic)) {
        produced.addValue(`key on ${topic.name}`, key);
        produced.addValue(`value on ${topic.name}`, value);
      }
  }

  it('although all were used: the receiver got each of them, and its answers told them back', () => {
    const { previewed: _neverSent, brokenJson: _unsendable, ...got } = sent;
    for (const [name, value] of Object.entries(got)) expect([name, received.find(value).length > 0]).toEqual([name, true]);
    const signed = requests.find(({ path }) => path === '/good')!;
    const toSign = `${signed.header('webhook-id')}.${signed.header('webhook-timestamp')}.${signed.body.toString('utf8')}`;
    for (const key of Object.values(signing))
      expect(signed.header('webhook-signature')).toContain(createHmac('sha256', key).update(toSign).digest('base64'));
  });

  it('and although everything that could tell them was looked at', () => {
    expect(produced.size).toBeGreaterThan(500);
    for (const text of ['***', marker, 'CallbackChanged', 'DeliveryExhausted', 'CallbackDisabled', 'redirects to', 'listening'])
      expect([text, produced.holds(text)]).toEqual([text, true]);
  });

  it.each(Object.entries(sent))('%s is in no answer, log, event, row, export or metric', (_, value) => {
    expect(produced.find(value)).toEqual([]);
  });

  it('neither are keys, passwords and tokens', () => {
    for (const [name, value] of Object.entries(held)) expect([name, produced.find(value)]).toEqual([name, []]);
    for (const token of tokens)
      expect(new Set(produced.find(token).map((found) => found.split(': ')[0]))).toEqual(new Set(['POST /v1/auth/sessions']));
  });
});

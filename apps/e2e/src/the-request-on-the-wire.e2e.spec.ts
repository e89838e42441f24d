import { eventually } from './harness/eventually.js';
import { sharedSystem, type System } from './harness/system.js';

/** What stands in the receiver's socket, byte for byte. */
describe('the request on the wire', () => {
  let system: System;
  let ids: { offerId: number; affiliateId: number };
  beforeAll(async () => {
    system = await sharedSystem();
    ids = { offerId: (await system.network.offer({ name: 'Bright & Games' })).id, affiliateId: 0 };
  });
  afterAll(() => system.close());

  const nasty = `a b+c&d=e%f/g"h'i<j>k?l#mñö日本`;
  /** RFC 3986: only unreserved characters stand for themselves. */
  const inUrl = 'a%20b%2Bc%26d%3De%25f%2Fg%22h%27i%3Cj%3Ek%3Fl%23m%C3%B1%C3%B6%E6%97%A5%E6%9C%AC';

  /** Sends one conversion through one callback and returns the request that arrived. */
  async function sent(callback: Record<string, unknown> & { path: string }, conversion: Record<string, unknown> = {}) {
    const { network } = system;
    const inbox = system.inbox();
    const { id: affiliateId } = await network.affiliate('Ada');
    const { path, ...fields } = callback;
    await network.callback(ids.offerId, { affiliateId, ...fields, url: inbox.url(path) });
    const recorded = await network.convert({ ...ids, affiliateId, sub1: nasty, ...conversion });
    const request = await eventually(() => {
      const [first] = inbox.requests();
      if (first === undefined) throw new Error('nothing arrived yet');
      return first;
    });
    const header = (name: string) => request.headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
    return { request, recorded, header, target: inbox.relative(request.rawUrl), body: request.body.toString('utf8') };
  }

  it('GET: params are appended to a URL that already has a query; what it has stays', async () => {
    const { target, request } = await sent(
      {
        path: 'x?keep=a%20b+c&empty=&flag&sub={sub1}#fragment',
        requestParams: [
          { name: 'click id', value: '{click_id}' },
          { name: 'mixed', value: 'p {sub1} &' },
          { name: 'empty', value: '{sub2}' },
        ],
      },
      { clickId: 'c+1/2' },
    );
    expect(request.method).toBe('GET');
    expect(target).toBe(`x?keep=a%20b+c&empty=&flag&sub=${inUrl}&click%20id=c%2B1%2F2&mixed=p%20${inUrl}%20%26&empty=`);
    expect(request.body).toHaveLength(0);
  });

  it('GET without a query gets one', async () => {
    expect((await sent({ path: 'x', requestParams: [{ name: 'a', value: '1' }] })).target).toBe('x?a=1');
  });

  it('POST(FORM): an application/x-www-form-urlencoded body', async () => {
    const { body, header, target } = await sent({
      path: 'form?q=1',
      httpType: 'POST_FORM',
      requestParams: [
        { name: 'sub', value: '{sub1}' },
        { name: 'naïve key', value: 'plain text' },
        { name: 'twice', value: '1' },
        { name: 'twice', value: '2' },
      ],
    });
    expect(target).toBe('form?q=1');
    expect(header('content-type')[0]).toMatch(/^application\/x-www-form-urlencoded/);
    expect([...new URLSearchParams(body)]).toEqual([
      ['sub', nasty],
      ['naïve key', 'plain text'],
      ['twice', '1'],
      ['twice', '2'],
    ]);
    expect(body).toBe(
      'sub=a+b%2Bc%26d%3De%25f%2Fg%22h%27i%3Cj%3Ek%3Fl%23m%C3%B1%C3%B6%E6%97%A5%E6%9C%AC&na%C3%AFve+key=plain+text&twice=1&twice=2',
    );
    expect(header('content-length')).toEqual([String(Buffer.byteLength(body))]);
  });

  it('POST(JSON): dotted names nest, types are kept', async () => {
    const { body, header } = await sent(
      {
        path: 'json',
        httpType: 'POST_JSON',
        requestParams: [
          { name: 'user.id', value: '{user_id}' },
          { name: 'user.sub', value: '{sub1}' },
          { name: 'amount', value: '{payout}', type: 'number' },
          { name: 'none', value: '{revenue}', type: 'number' },
          { name: 'words', value: '{sub2}', type: 'number' },
          { name: 'flag', value: 'true', type: 'boolean' },
          { name: 'extra', value: '{"list":[1,2,{"a":null}]}', type: 'json' },
          { name: 'text', value: '{payout}' },
        ],
      },
      { userId: 'u"1', payout: '12.50', currency: 'EUR', sub2: 'twelve' },
    );
    expect(header('content-type')[0]).toMatch(/^application\/json/);
    expect(body).toBe(
      `{"user":{"id":"u\\"1","sub":${JSON.stringify(nasty)}},"amount":12.50,"none":null,"words":"twelve","flag":true,"extra":{"list":[1,2,{"a":null}]},"text":"12.50"}`,
    );
  });

  it('Basic Auth with login and password', async () => {
    const { header } = await sent({ path: 'x', basicAuth: { login: 'ada', password: 'pä:ss' } });
    expect(header('authorization')).toEqual([`Basic ${Buffer.from('ada:pä:ss', 'utf8').toString('base64')}`]);
  });

  it('Basic Auth with a token, sent as given', async () => {
    expect((await sent({ path: 'x', basicAuth: { token: 'dG9rZW4=' } })).header('authorization')).toEqual(['Basic dG9rZW4=']);
  });

  it('a macro value with CR LF does not split a header', async () => {
    const { request, header } = await sent(
      {
        path: 'x',
        requestHeaders: [
          { name: 'X-Sub', value: 'a {sub1} z' },
          { name: 'X-Fixed', value: 'ñ' },
        ],
      },
      { sub1: 'one\r\nX-Injected: yes\ttwo' },
    );
    expect(header('x-injected')).toEqual([]);
    expect(Buffer.from(header('x-sub')[0]!, 'latin1').toString('utf8')).toBe('a one  X-Injected: yes two z');
    expect(Buffer.from(header('x-fixed')[0]!, 'latin1').toString('utf8')).toBe('ñ');
    expect(request.headers.map(([name]) => name.toLowerCase()).filter((name) => name === 'x-sub')).toHaveLength(1);
  });

  it('every modifier', async () => {
    const { target } = await sent(
      {
        path:
          'm?default={sub2|default:none here}&upper={sub3|upper}&lower={sub3|lower}&raw={sub4|raw}&map={status|map:pending=1,done=2,rejected=3}' +
          '&unix={click_time|fmt:unix}&ms={click_time|fmt:unix_ms}&iso={click_time|fmt:iso}&date={click_time|fmt:date}&time={click_time|fmt:time}&chain={sub2|default:Abc|upper}&CASE={SUB3}',
      },
      { sub3: 'MiXed', sub4: 'a=b&c', clickTime: '2026-03-01T12:34:56.789Z' },
    );
    expect(target).toBe(
      'm?default=none%20here&upper=MIXED&lower=mixed&raw=a=b&c&map=1&unix=1772368496&ms=1772368496789&iso=2026-03-01T12%3A34%3A56.789Z' +
        '&date=2026-03-01&time=12%3A34%3A56&chain=ABC&CASE=MiXed',
    );
  });

  it('carries the delivery id and says who sends', async () => {
    const { header, recorded } = await sent(
      { path: 'x?d={delivery_id}&c={conversion_id}&p={param.colour}' },
      { params: { colour: 'red & blue' } },
    );
    const [delivery] = await eventually(async () => {
      const found = await system.network.deliveries({ conversionId: recorded.id });
      expect(found).toHaveLength(1);
      return found;
    });
    expect(header('webhook-id')).toEqual([delivery!.id]);
    expect(Number(header('webhook-timestamp')[0])).toBeGreaterThan(1_700_000_000);
    expect(header('user-agent')[0]).toMatch(/^Ringback\/\d/);
  });

  it('a preview shows the very request, secrets masked, and sends nothing', async () => {
    const { network } = system;
    const inbox = system.inbox();
    const { id: affiliateId } = await network.affiliate();
    const conversion = await network.convert({ ...ids, affiliateId, sub1: nasty });
    const callback = {
      affiliateId,
      conversionStatus: 'pending',
      httpType: 'GET',
      url: inbox.url('x?a=1'),
      requestParams: [
        { name: 'sub', value: '{sub1}' },
        { name: 'key', value: 's3cret', secret: true },
      ],
      basicAuth: { login: 'ada', password: 'hidden!' },
    };
    const preview = await network.call<Record<string, unknown>>(`/v1/offers/${ids.offerId}/callbacks/preview`, {
      method: 'POST',
      body: { callback, conversionId: conversion.id },
    });
    expect(preview.status).toBe(200);
    expect(preview.body).toMatchObject({ method: 'GET', body: null });
    expect(String(preview.body['url'])).toContain(`x?a=1&sub=${inUrl}&key=`);
    expect(JSON.stringify(preview.body)).not.toMatch(/s3cret|hidden!/);
    await system.settled({ offerId: ids.offerId });
    expect(inbox.paths()).toEqual([]);
  });
});

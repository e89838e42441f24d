import { contextWith, header, param, rendered } from './fixtures.spec.js';

const SECRET = 'tök n/&"1';
const secret = { secret: true };

describe('in what people see, the value of a secret is ***', () => {
  it('in the URL', () => {
    const { request, masked } = rendered({
      url: 'https://t.example/p?x=1',
      requestParams: [param('a', '1'), param('k', SECRET, secret), param('z', '2')],
    });
    expect(request.target).toBe('/p?x=1&a=1&k=t%C3%B6k%20n%2F%26%221&z=2');
    expect(masked.url).toBe('https://t.example/p?x=1&a=1&k=***&z=2');
  });
  it('in a form', () => {
    const { request, masked } = rendered({
      httpType: 'POST_FORM',
      requestParams: [param('k', `${SECRET}{sub1}`, secret), param('a', '1')],
    });
    expect(request.body).toBe('k=t%C3%B6k+n%2F%26%221spring+banner&a=1');
    expect(masked.body).toBe('k=***&a=1');
  });
  it.each(['string', 'number', 'json'] as const)('in JSON, type %s', (type) => {
    const value = type === 'string' ? SECRET : '123456';
    const { request, masked } = rendered({
      httpType: 'POST_JSON',
      requestParams: [param('u.k', value, { ...secret, type }), param('u.a', '1')],
    });
    expect(JSON.parse(request.body!)).toEqual({ u: { k: type === 'string' ? SECRET : 123456, a: '1' } });
    expect(masked.body).toBe('{"u":{"k":"***","a":"1"}}');
  });
  it('in headers, with and without macros', () => {
    const { request, masked } = rendered({
      requestHeaders: [header('X-K', SECRET, secret), header('X-M', 'k-{click_id}', secret), header('X-P', 'p')],
    });
    expect(request.headers.map(([, value]) => value)).toEqual([Buffer.from(SECRET).toString('latin1'), 'k-c7f3e9a1b2', 'p']);
    expect(masked.headers).toEqual([
      ['X-K', '***'],
      ['X-M', '***'],
      ['X-P', 'p'],
    ]);
  });
  it.each([{ token: 'abcdef' }, { login: 'me', password: 'abcdef' }])('in Basic Auth: %j', (basicAuth) =>
    expect(rendered({ basicAuth }).masked.headers).toEqual([['Authorization', 'Basic ***']]),
  );
});

it('without secrets the request is not written twice', () => {
  const { request, masked } = rendered({
    httpType: 'POST_FORM',
    requestParams: [param('a', '{sub1}')],
    requestHeaders: [header('X', 'y')],
  });
  expect(masked.headers).toBe(request.headers);
  expect([masked.url, masked.body]).toEqual([request.url, request.body]);
});

describe('what a receiver echoes is masked in every form', () => {
  const { mask } = rendered(
    {
      basicAuth: { login: 'me', password: 'pass word' },
      requestParams: [param('k', SECRET, secret), param('m', '{sub1}-key', secret), param('short', 'ab', secret)],
      requestHeaders: [header('X-K', 'header-secret', secret)],
    },
    contextWith({ sub1: 'aff' }),
  );
  it.each([
    ['as it is', `you sent ${SECRET}!`, 'you sent ***!'],
    ['percent-encoded, as in a Location', 'https://x/?k=t%C3%B6k%20n%2F%26%221&a', 'https://x/?k=***&a'],
    ['percent-encoded in lower case', '?k=t%c3%b6k%20n%2f%26%221', '?k=***'],
    ['as in a form', 'k=t%C3%B6k+n%2F%26%221', 'k=***'],
    ['as in JSON', '{"k":"tök n/&\\"1"}', '{"k":"***"}'],
    ['as in JSON that quotes JSON', JSON.stringify({ body: '{"k":"tök n/&\\"1"}' }), JSON.stringify({ body: '{"k":"***"}' })],
    ['a secret with macros', 'm=aff-key', 'm=***'],
    ['a header', 'header-secret', '***'],
    ['the password', 'pass word', '***'],
    ['the credentials', `Basic ${Buffer.from('me:pass word').toString('base64')}`, 'Basic ***'],
    ['in base64', Buffer.from('header-secret').toString('base64'), '***'],
    ['each time', 'header-secretheader-secret', '******'],
    ['a short one stays: it would turn up everywhere', 'cab', 'cab'],
  ])('%s', (_title, text, expected) => expect(mask(text)).toBe(expected));
});

import type { FieldError } from '@ringback/contracts';
import { header, param, request } from './fixtures.spec.js';
import { validateCallback, type CallbackRequestInput } from './validate-callback.js';

const validate = (fields: Partial<CallbackRequestInput>): FieldError[] => validateCallback({ ...request(), ...fields });

/** `faulty` has exactly one error, at `path`, whose message holds `words`. */
function refuses(rule: string, cases: readonly (readonly [faulty: Partial<CallbackRequestInput>, path: string, words: string])[]): void {
  describe(rule, () => {
    it.each(cases)('%j', (faulty, path, words) => {
      expect(validate(faulty)).toEqual([{ path, message: expect.stringContaining(words) as string }]);
    });
  });
}

function accepts(rule: string, cases: readonly Partial<CallbackRequestInput>[]): void {
  describe(rule, () => {
    it.each(cases)('%j', (sound) => expect(validate(sound)).toEqual([]));
  });
}

const url = (text: string): Partial<CallbackRequestInput> => ({ url: text });
const json = (...requestParams: CallbackRequestInput['requestParams']): Partial<CallbackRequestInput> => ({
  httpType: 'POST_JSON',
  requestParams,
});
const headers = (...requestHeaders: CallbackRequestInput['requestHeaders']): Partial<CallbackRequestInput> => ({ requestHeaders });

accepts('a URL is http or https, with macros anywhere but in scheme, host and port', [
  url('https://t.example'),
  url('http://t.example:8080/{offer_id}/{sub1|default:none}?c={click_id}&j={"a":1}'),
  url('https://[2001:db8::1]:8443/?{sub1}'),
  url('https://t.example?{sub1}'),
  url('https://t.example/#{sub1}'),
  url('https://t.example/a@b:c'),
  url('https://t.example/%7Bnonsense%7D'),
]);
refuses('a URL is http or https', [
  [url('ftp://t.example/'), 'url', 'must begin with http:// or https://'],
  [url('t.example/p'), 'url', 'must begin with http:// or https://'],
  [url('//t.example/p'), 'url', 'must begin with http:// or https://'],
  [url(' https://t.example/p'), 'url', 'must begin with http:// or https://'],
  [url('javascript:alert(1)'), 'url', 'must begin with http:// or https://'],
  [url('https:t.example'), 'url', 'must begin with http:// or https://'],
  [url('https://'), 'url', 'no valid host and port'],
  [url('https:///p'), 'url', 'no valid host and port'],
  [url('https://t.example:99999/'), 'url', 'no valid host and port: "t.example:99999"'],
  [url('https://t.example:x/'), 'url', 'no valid host and port'],
  [url('https://t ex.example/'), 'url', 'no valid host and port'],
  [url('https://t.example\\p'), 'url', 'must have "/" after the host'],
]);
refuses('no macro in scheme, host or port', [
  [url('{sub1}://t.example/'), 'url', 'not as a macro'],
  [url('https://{sub1}/'), 'url', 'must not have a macro in host or port'],
  [url('https://{sub1}.t.example/'), 'url', 'must not have a macro in host or port'],
  [url('https://t.example:{sub1}/'), 'url', 'must not have a macro in host or port'],
  [url('https://t.example{sub1}'), 'url', 'must not have a macro in host or port'],
]);
refuses('no user:pass@ in the URL', [
  [url('https://me:secret@t.example/'), 'url', 'must not carry "user:pass@": use basicAuth'],
  [url('https://me@t.example/'), 'url', 'use basicAuth'],
  [url('https://{sub1}:{sub2}@t.example/'), 'url', 'use basicAuth'],
  [url('https://good.example@evil.example/'), 'url', 'use basicAuth'],
]);
refuses('no control characters in the URL', [
  [url('https://t.example/a\r\nb'), 'url', 'control characters'],
  [url('https://t.example/\t'), 'url', 'control characters'],
  [url('https://t.example/\u007f'), 'url', 'control characters'],
]);
refuses('an unknown macro or modifier is named, with the nearest known', [
  [url('https://t.example/{clik_id}'), 'url', 'unknown macro {clik_id}: the nearest is {click_id}'],
  [url('https://t.example/#{clik_id}'), 'url', 'unknown macro {clik_id}'],
  [url('https://t.example/%7Bclick_id%7D'), 'url', 'has percent-encoded braces around "click_id": write {click_id}'],
  [
    { requestParams: [param('a', '1'), param('b', '{sub1|uper}')] },
    'requestParams.1.value',
    'unknown modifier "uper": the nearest is "upper"',
  ],
  [json(param('b', '{nope}')), 'requestParams.0.value', 'unknown macro {nope}'],
  [json(param('b', '"{nope}"', { type: 'json' })), 'requestParams.0.value', 'unknown macro {nope}'],
  [headers(header('X-A', '{payout|fmt:unix}')), 'requestHeaders.0.value', '{payout} is none'],
]);

refuses('in JSON a name is there once, and is a value or an object', [
  [json(param('user', '1'), param('user.id', '2')), 'requestParams.1.name', '"user.id" cannot stand beside "user"'],
  [json(param('user.id', '1'), param('user', '2')), 'requestParams.1.name', '"user" cannot stand beside "user.id"'],
  [json(param('a.b.c', '1'), param('a.b', '2')), 'requestParams.1.name', '"a.b" cannot stand beside "a.b.c"'],
  [json(param('a', '1'), param('b', '2'), param('a', '3')), 'requestParams.2.name', '"a" is there twice'],
  [json(param('a.b', '1'), param('a.b', '2')), 'requestParams.1.name', '"a.b" is there twice'],
  [json(param('__proto__', '1'), param('__proto__', '2')), 'requestParams.1.name', 'is there twice'],
  [json(param('a..b', '1')), 'requestParams.0.name', 'an empty part between its dots'],
  [json(param('.a', '1')), 'requestParams.0.name', 'an empty part'],
]);
accepts('names of the language, and what is no conflict', [
  json(param('__proto__', '1'), param('constructor.prototype', '2'), param('toString', '3')),
  json(param('user.id', '1'), param('user.name', '2'), param('users', '3')),
  { requestParams: [param('user', '1'), param('user.id', '2'), param('user', '3')] },
  { httpType: 'POST_FORM', requestParams: [param('a', '1'), param('a', '2'), param('.', '3')] },
]);
it('a json value that is none is not quoted: it may be a secret', () => {
  for (const value of ['["s-12345",]', 's-12345', '{"s-12345"', `["s-12345${'x'.repeat(60)}",]`])
    expect(JSON.stringify(validate(json(param('v', value, { type: 'json', secret: true }))))).not.toMatch(/s-1/);
});
refuses('a json value must be JSON whatever the conversion', [
  [json(param('v', '{"a":}', { type: 'json' })), 'requestParams.0.value', 'is not JSON'],
  [json(param('v', '', { type: 'json' })), 'requestParams.0.value', 'is not JSON'],
  [json(param('v', '{"a":{sub1}', { type: 'json' })), 'requestParams.0.value', 'is not JSON'],
  [json(param('v', 'x{sub1}', { type: 'json' })), 'requestParams.0.value', 'is not JSON'],
]);
accepts('json values', [
  json(param('v', '{"a":{sub1},"b":"{sub2}"}', { type: 'json' })),
  json(param('v', '{sub1}', { type: 'json' })),
  json(param('v', '{"a":1{sub1|raw}}', { type: 'json' })),
  { requestParams: [param('v', 'not json', { type: 'json' })] },
]);
refuses('param names hold no macros, values are there unless kept secrets', [
  [{ requestParams: [param('{sub1}', '1')] }, 'requestParams.0.name', 'must not contain a macro'],
  [{ requestParams: [{ name: 'a', type: 'string', secret: false }] }, 'requestParams.0.value', 'is required'],
  [{ requestParams: [param('k', '1', { secret: true }), param('k', '2')] }, 'requestParams.1.name', 'a secret is kept by its name'],
  [headers({ name: 'X', secret: false }), 'requestHeaders.0.value', 'is required'],
]);
accepts('a secret that is kept', [
  json({ name: 'k', type: 'json', secret: true }),
  headers({ name: 'X', secret: true }),
  { basicAuth: {} },
  { basicAuth: { login: 'me' } },
]);

refuses('Basic Auth as RFC 7617 has it', [
  [{ basicAuth: { login: 'a:b', password: 'c' } }, 'basicAuth.login', 'must not contain a colon'],
  [{ basicAuth: { login: 'a', password: 'c\n' } }, 'basicAuth.password', 'control characters'],
  [{ basicAuth: { token: 'a\r\nX: y' } }, 'basicAuth.token', 'control characters'],
  [
    { basicAuth: { token: 'x' }, ...headers(header('authorization', 'Bearer y')) },
    'requestHeaders.0.name',
    'cannot stand beside basicAuth',
  ],
]);
accepts('Basic Auth', [
  { basicAuth: { login: 'a', password: 'b:c:{not_a_macro}' } },
  { basicAuth: { token: 'abc==' } },
  headers(header('Authorization', 'Bearer {param.token}')),
]);

refuses('headers that are not the callback’s to set', [
  ...[
    'Host',
    'content-length',
    'Transfer-Encoding',
    'CONNECTION',
    'Keep-Alive',
    'Upgrade',
    'TE',
    'Trailer',
    'Expect',
    'webhook-id',
    'Webhook-Anything',
  ].map((name) => [headers(header(name, 'x')), 'requestHeaders.0.name', `"${name}" cannot be set`] as const),
  [{ httpType: 'POST_JSON', ...headers(header('content-type', 'text/plain')) }, 'requestHeaders.0.name', 'httpType POST_JSON decides it'],
  [headers(header('X-A', '1'), header('x-a', '2')), 'requestHeaders.1.name', '"x-a" is there twice'],
]);
refuses('a header name is a token (RFC 9110 §5.6.2), a literal value has no control characters', [
  ...['X A', 'X:', 'Ü', 'X\r\nY', '(x)', '{sub1}', 'a/b', '"x"'].map(
    (name) => [headers(header(name, 'x')), 'requestHeaders.0.name', 'is no header name'] as const,
  ),
  ...['a\r\nb', 'a\tb', '\u0000', '\u0085'].map(
    (value) => [headers(header('X-A', value)), 'requestHeaders.0.value', 'control characters'] as const,
  ),
]);
accepts('headers', [
  headers(
    header('X-A', 'ä€ {click_id}'),
    header('x_b!', ''),
    header('User-Agent', 'me'),
    header('Content-Type', 'text/plain'),
    header('Cookie', 'a=b'),
  ),
]);

it('tells every fault, in the order of the fields', () => {
  const errors = validate({
    url: 'https://a@t.example/{x1}',
    basicAuth: { login: ':', password: '\n' },
    requestParams: [param('a', '{x2}'), param('b', '{x3}{x4}')],
    requestHeaders: [header('Host', '{x5}')],
  });
  expect(errors.map(({ path }) => path)).toEqual([
    'url',
    'url',
    'basicAuth.login',
    'basicAuth.password',
    'requestParams.0.value',
    'requestParams.1.value',
    'requestParams.1.value',
    'requestHeaders.0.name',
    'requestHeaders.0.value',
  ]);
});

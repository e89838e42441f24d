import { AWKWARD, contextWith, header, param, render, rendered, request } from './fixtures.spec.js';
import { compileCallback } from './compile-callback.js';
import { renderRequest } from './render-request.js';
import { SAMPLE_CONTEXT } from './sample-context.js';

const awkward = contextWith({ sub1: AWKWARD, sub2: '', sub3: 'plain' });
const AWKWARD_IN_URL = '%20%2B%26%3D%25%2F%22%27%3C%3E%C3%A4%E2%82%AC%F0%9F%98%80%0D%0A';
const AWKWARD_IN_FORM = '+%2B%26%3D%25%2F%22%27%3C%3E%C3%A4%E2%82%AC%F0%9F%98%80%0D%0A';

describe('GET: params are appended to the query of the URL, and what the URL has stays byte for byte', () => {
  const params = [param('a', '1'), param('b b', '{sub3}')];
  it.each([
    ['https://t.example/p', 'https://t.example/p?a=1&b%20b=plain'],
    ['https://t.example/p?x=1', 'https://t.example/p?x=1&a=1&b%20b=plain'],
    ['https://t.example/p?', 'https://t.example/p?a=1&b%20b=plain'],
    ['https://t.example/p?x=1&', 'https://t.example/p?x=1&a=1&b%20b=plain'],
    ['https://t.example', 'https://t.example/?a=1&b%20b=plain'],
    ['https://t.example?x', 'https://t.example/?x&a=1&b%20b=plain'],
    ['https://t.example/p#part', 'https://t.example/p?a=1&b%20b=plain'],
    ['https://t.example/p?x=1#part?y', 'https://t.example/p?x=1&a=1&b%20b=plain'],
    ["https://t.example/a+b/%2f;c?x='%20+%zz|[]^`$!*()~,:@\\", "https://t.example/a+b/%2f;c?x='%20+%zz|[]^`$!*()~,:@\\&a=1&b%20b=plain"],
    ['https://t.example/../x/./y?', 'https://t.example/../x/./y?a=1&b%20b=plain'],
    ['https://t.example/a b/ü?q=€', 'https://t.example/a%20b/%C3%BC?q=%E2%82%AC&a=1&b%20b=plain'],
  ])('%s', (url, expected) => {
    const { request: sent } = rendered({ url, requestParams: params }, awkward);
    expect(sent.url).toBe(expected);
    expect(sent.method).toBe('GET');
    expect(sent.body).toBeNull();
    expect(sent.headers).toEqual([]);
  });

  it('without params the URL is sent as it is', () =>
    expect(rendered({ url: 'https://t.example/p?x=1' }).request.url).toBe('https://t.example/p?x=1'));
  it('a name may be there more than once', () =>
    expect(rendered({ requestParams: [param('ids[]', '1'), param('ids[]', '2')] }).request.target).toBe('/p?ids%5B%5D=1&ids%5B%5D=2'));
  it('literal values are encoded as macro values are', () =>
    expect(rendered({ requestParams: [param('v', AWKWARD)] }).request.target).toBe(`/p?v=${AWKWARD_IN_URL}`));
});

describe('a macro in the URL is percent-encoded where it stands', () => {
  it.each([
    ['path', 'https://t.example/x/{sub1}/y', `/x/${AWKWARD_IN_URL}/y`],
    ['query', 'https://t.example/?s={sub1}&t=1', `/?s=${AWKWARD_IN_URL}&t=1`],
    ['default', 'https://t.example/?s={sub2|default:a b#c}', '/?s=a%20b%23c'],
    ['fragment: not sent', 'https://t.example/?s={sub3}#{sub1}', '/?s=plain'],
    ['beside text that is encoded already', 'https://t.example/?u=https%3A%2F%2Fx%3Fa%3D{sub3}', '/?u=https%3A%2F%2Fx%3Fa%3Dplain'],
  ])('%s', (_place, url, target) => expect(rendered({ url }, awkward).request.target).toBe(target));

  it('|raw inserts URL text as it is, and only what can not stand in a request line is encoded', () => {
    const context = contextWith({ sub1: 'a%2Fb/c?d=e&f+g #h\r\nü' });
    expect(rendered({ url: 'https://t.example/{sub1|raw}' }, context).request.target).toBe('/a%2Fb/c?d=e&f+g%20%23h%0D%0A%C3%BC');
    expect(rendered({ url: 'https://t.example/?z', requestParams: [param('v', 'x y{sub1|raw}')] }, context).request.target).toBe(
      '/?z&v=x%20ya%2Fb/c?d=e&f+g%20%23h%0D%0A%C3%BC',
    );
  });
});

describe('the destination is scheme, host and port, known before any macro', () => {
  it.each([
    ['https://T.Example/p', 'https://t.example:443', 'https://t.example/p'],
    ['http://t.example/p', 'http://t.example:80', 'http://t.example/p'],
    ['HTTP://t.example:8080/p', 'http://t.example:8080', 'http://t.example:8080/p'],
    ['https://t.example:443/p', 'https://t.example:443', 'https://t.example/p'],
    ['https://[::1]:9/p', 'https://[::1]:9', 'https://[::1]:9/p'],
    ['https://bücher.example/p', 'https://xn--bcher-kva.example:443', 'https://xn--bcher-kva.example/p'],
  ])('%s', (url, destination, sentUrl) => {
    const { request: sent } = rendered({ url });
    expect(sent.destination).toBe(destination);
    expect(sent.url).toBe(sentUrl);
    expect(sent.target).toBe('/p');
    expect(compileCallback(request({ url }), String)).toMatchObject({ renderable: true, destination });
  });
});

describe('POST(FORM): application/x-www-form-urlencoded', () => {
  const form = (...requestParams: ReturnType<typeof param>[]) =>
    rendered({ httpType: 'POST_FORM', url: 'https://t.example/p?x=1', requestParams }, awkward);

  it('the body holds the params, the URL stays', () => {
    const { request: sent } = form(param('a b', '{sub1}'), param('c', AWKWARD), param('e', '{sub2}'), param('t', "~*-._!'()"));
    expect(sent.url).toBe('https://t.example/p?x=1');
    expect(sent.method).toBe('POST');
    expect(sent.headers).toEqual([['Content-Type', 'application/x-www-form-urlencoded']]);
    expect(sent.body).toBe(`a+b=${AWKWARD_IN_FORM}&c=${AWKWARD_IN_FORM}&e=&t=%7E*-._%21%27%28%29`);
  });
  it('|raw inserts the value as it is', () => expect(form(param('a', '{sub1|raw}')).request.body).toBe(`a=${AWKWARD}`));
  it('without params the body is empty', () => expect(form().request.body).toBe(''));
});

describe('POST(JSON): an object', () => {
  const json = (...requestParams: ReturnType<typeof param>[]) => {
    const { request: sent, warnings } = rendered({ httpType: 'POST_JSON', requestParams }, awkward);
    return { body: sent.body, warnings, sent };
  };

  it('strings, byte for byte', () => {
    const { body, sent } = json(param('a "q"', '{sub1}'), param('lit', AWKWARD), param('empty', '{sub2}'), param('raw', '{sub1|raw}'));
    const escaped = String.raw`" +&=%/\"'<>ä€😀\r\n"`;
    expect(body).toBe(String.raw`{"a \"q\"":${escaped},"lit":${escaped},"empty":"","raw":${escaped}}`);
    expect(sent.headers).toEqual([['Content-Type', 'application/json']]);
    expect(sent.method).toBe('POST');
  });

  it('dotted names nest, and names of one object come together', () =>
    expect(json(param('user.id', '1'), param('x', '2'), param('user.name.first', '3'), param('user.mail', '4')).body).toBe(
      '{"user":{"id":"1","name":{"first":"3"},"mail":"4"},"x":"2"}',
    ));
  it('without params the object is empty', () => expect(json().body).toBe('{}'));
  it('names of the language are names like any other', () =>
    expect(json(param('__proto__.polluted', '1'), param('constructor', '2'), param('toString.x', '3')).body).toBe(
      '{"__proto__":{"polluted":"1"},"constructor":"2","toString":{"x":"3"}}',
    ));

  describe('number and boolean: as given, empty is null, anything else a string with a warning', () => {
    it.each([
      ['number', '12.50', '12.50'],
      ['number', '12345678901234567890.000001', '12345678901234567890.000001'],
      ['number', '-0', '-0'],
      ['number', '1E+400', '1E+400'],
      ['number', '{payout}', '12.50'],
      ['number', '{sub2}', 'null'],
      ['number', '', 'null'],
      ['boolean', 'true', 'true'],
      ['boolean', '{sub2|default:false}', 'false'],
      ['boolean', '{sub2}', 'null'],
    ] as const)('%s %s → %s', (type, value, expected) => {
      const { body, warnings } = json(param('v', value, { type }));
      expect(body).toBe(`{"v":${expected}}`);
      expect(warnings).toEqual([]);
    });

    it.each([
      ['number', '007'],
      ['number', '+5'],
      ['number', '.5'],
      ['number', '5.'],
      ['number', '0x1F'],
      ['number', '1,5'],
      ['number', ' 1'],
      ['number', 'NaN'],
      ['number', 'Infinity'],
      ['number', '1"'],
      ['boolean', 'TRUE'],
      ['boolean', '1'],
      ['boolean', 'null'],
    ] as const)('%s %s is sent as a string, and the preview says so', (type, value) => {
      const { body, warnings } = json(param('a', 'b'), param('v', value, { type }));
      expect(body).toBe(`{"a":"b","v":${JSON.stringify(value)}}`);
      expect(warnings).toEqual([{ path: 'requestParams.1.value', message: `is not a ${type}, so it is sent as a string` }]);
    });
  });

  describe('json: text that must parse', () => {
    const cart = (value: string, sub1: string) =>
      render(
        { httpType: 'POST_JSON', requestParams: [param('cart', value, { type: 'json' })] },
        contextWith({ sub1, sub2: '', params: { big: '123456789012345678901' } }),
      );
    it.each([
      ['literal', '{"a":1}', '', '{"a":1}'],
      ['literal that nests', '[{"a":[null,true]},"x"]', '', '[{"a":[null,true]},"x"]'],
      ['a macro that is JSON', '{sub1}', '[{"sku":"1"}]', '[{"sku":"1"}]'],
      ['digits untouched', '{"n":{param.big},"p":{payout}}', '', '{"n":123456789012345678901,"p":12.50}'],
      ['a macro within quotes is escaped', '{"a":"<{sub1}>"}', 'x"y\\\n', '{"a":"<x\\"y\\\\\\n>"}'],
      ['a quoted quote does not end the quotes', '{"a":"\\"{sub1}"}', 'x"', '{"a":"\\"x\\""}'],
      ['an empty macro on its own is null', '{"a":{sub2},"b":"{sub2}"}', '', '{"a":null,"b":""}'],
      ['|raw within quotes is not escaped', '{"a":"{sub1|raw}"}', 'x\\n', '{"a":"x\\n"}'],
      ['|raw may add to the structure', '{"a":1{sub1|raw}}', ',"b":2', '{"a":1,"b":2}'],
    ])('%s', (_title, value, sub1, expected) => {
      expect(cart(value, sub1)).toMatchObject({ ok: true, request: { body: `{"cart":${expected}}` } });
      JSON.parse(expected);
    });

    it.each([
      ['a literal that does not parse', '{"a":}', ''],
      ['a macro that is not JSON', '{sub1}', 'plain'],
      ['a macro that would add to the structure', '{"a":{sub1}}', '1,"admin":true'],
      ['a macro that would end its quotes, raw', '{"a":"{sub1|raw}"}', 'x"'],
      ['a raw macro that would leave its param', '{sub1|raw}', '1,"admin":true'],
    ])('%s can not be rendered, and says which field', (_title, value, sub1) => {
      const result = cart(value, sub1);
      expect(result).toMatchObject({ ok: false, path: 'requestParams.0.value' });
      expect(result).toMatchObject({ reason: expect.stringMatching(/^requestParams\.0\.value: .*not JSON/) as string });
      if (sub1 !== '') expect(JSON.stringify(result)).not.toContain(sub1);
    });
  });
});

describe('headers', () => {
  const sent = (...requestHeaders: ReturnType<typeof header>[]) => rendered({ requestHeaders }, awkward).request.headers;
  const utf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

  it('control characters become spaces, the rest is UTF-8: a value with CR LF splits no header', () =>
    expect(sent(header('X-Sub', '<{sub1}>'))).toEqual([['X-Sub', `< +&=%/"'<>${utf8('ä€😀')}  >`]]));
  it('|raw makes no difference', () => expect(sent(header('X', '{sub1|raw}'))).toEqual(sent(header('X', '{sub1}'))));
  it.each(['\u0000', '\t', '\u001f', '\u007f', '\u0085', '\u009f'])('%j becomes a space', (control) =>
    expect(rendered({ requestHeaders: [header('X', 'a{sub1}b')] }, contextWith({ sub1: control })).request.headers).toEqual([['X', 'a b']]),
  );
  it('stay in their order, with and without macros', () =>
    expect(sent(header('B', '{sub3}'), header('A', 'fixed'), header('C', '{status}')).map(([name]) => name)).toEqual(['B', 'A', 'C']));
  it('people see text, not bytes', () => {
    const { masked } = rendered({ requestHeaders: [header('X-A', 'ä'), header('X-B', '{sub1}')] }, awkward);
    expect(masked.headers).toEqual([
      ['X-A', 'ä'],
      ['X-B', ` +&=%/"'<>ä€😀  `],
    ]);
  });
});

describe('Basic Auth (RFC 7617)', () => {
  it('login and password in base64 of UTF-8', () =>
    expect(rendered({ basicAuth: { login: 'Aladdin', password: 'open sesame' } }).request.headers).toEqual([
      ['Authorization', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    ]));
  it('the password may hold colons and any letters', () =>
    expect(rendered({ basicAuth: { login: 'test', password: '123£:{x}' } }).request.headers).toEqual([
      ['Authorization', `Basic ${Buffer.from('test:123£:{x}').toString('base64')}`],
    ]));
  it('a token as given', () =>
    expect(rendered({ basicAuth: { token: 'abc{click_id}==' } }).request.headers).toEqual([['Authorization', 'Basic abc{click_id}==']]));
});

describe('a callback that can not be rendered says why, each time, and throws nothing', () => {
  it.each([
    [{ url: 'ftp://t.example/' }, 'url: must begin with http:// or https://'],
    [{ url: 'https://t.example/{nonsense}' }, 'url: unknown macro {nonsense}'],
    [{ requestHeaders: [header('X', '{sub1|nope}')] }, 'requestHeaders.0.value: {sub1|nope}: unknown modifier "nope"'],
    [
      { httpType: 'POST_JSON', requestParams: [param('user', '1'), param('user.id', '2')] },
      'requestParams.1.name: "user.id" cannot stand beside "user"',
    ],
  ] as const)('%j', (fields, reason) => {
    const result = render(fields as never);
    expect(result).toMatchObject({ ok: false, reason: expect.stringContaining(reason) as string });
  });

  it('a secret that can not be opened', () => {
    const unreadable = () => {
      throw Object.assign(new Error('another key'), { code: 'SEALED_SECRET_UNREADABLE' });
    };
    const compiled = compileCallback(request({ basicAuth: { token: 'v1.x.y' } }), unreadable);
    expect(renderRequest(compiled, SAMPLE_CONTEXT)).toEqual({
      ok: false,
      path: 'basicAuth.token',
      reason: 'basicAuth.token: its secret cannot be opened: enter it anew',
    });
  });

  it('any other error of the keyring is not taken for the callback’s', () =>
    expect(() =>
      compileCallback(request({ basicAuth: { token: 'x' } }), () => {
        throw new TypeError('a bug');
      }),
    ).toThrow(TypeError));

  it('the reason quotes nothing of a secret', () => {
    const fields = { httpType: 'POST_JSON', requestParams: [param('k', 's3cret{', { secret: true, type: 'json' })] } as const;
    expect(render(fields as never)).toMatchObject({
      ok: false,
      reason: 'requestParams.0.value: its secret cannot be rendered: enter it anew',
    });
  });

  it.each([
    ['url', { url: `https://t.example/${'{sub1}'.repeat(600)}` }],
    ['url', { requestParams: Array.from({ length: 50 }, () => param('p', '{sub1}'.repeat(600))) }],
    ['requestParams', { httpType: 'POST_FORM', requestParams: Array.from({ length: 50 }, () => param('p', '{sub1}'.repeat(600))) }],
    [
      'requestParams',
      { httpType: 'POST_JSON', requestParams: Array.from({ length: 50 }, (_, index) => param(`p${index}`, '{sub1}'.repeat(600))) },
    ],
    ['requestHeaders', { requestHeaders: Array.from({ length: 50 }, (_, index) => header(`X-${index}`, '{sub1}'.repeat(600))) }],
  ] as const)('values that would make the request enormous: %s', (path, fields) => {
    const result = render(fields as never, contextWith({ sub1: 'ä'.repeat(1_024) }));
    expect(result).toMatchObject({ ok: false, path, reason: expect.stringContaining('longer than') as string });
  });
});

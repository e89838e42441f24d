import fc from 'fast-check';
import { contextWith, header, param, rendered } from './fixtures.spec.js';

/** Any text that a conversion may carry: no NUL, no lone surrogates. */
const anyText = fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => !text.includes('\u0000'));
const texts = fc.record({ sub1: anyText, sub2: anyText });

describe('whatever the values, the receiver reads them back', () => {
  it('from the query, and a URL parser leaves the URL as it is', () => {
    fc.assert(
      fc.property(texts, anyText, (values, literal) => {
        const { request } = rendered(
          { url: 'https://t.example/a/x{sub1}y?q={sub2}', requestParams: [param('p', '{sub1}'), param('r', literal.replaceAll('{', ''))] },
          contextWith(values),
        );
        const url = new URL(request.url);
        expect(url.href).toBe(request.url);
        expect(decodeURIComponent(url.pathname)).toBe(`/a/x${values.sub1}y`);
        const read = Object.fromEntries(
          request.target
            .split('?')[1]!
            .split('&')
            .map((pair) => pair.split('=').map(decodeURIComponent)),
        );
        expect(read).toEqual({ q: values.sub2, p: values.sub1, r: literal.replaceAll('{', '') });
      }),
    );
  });

  it('from a form, byte for byte as the URL standard writes one', () => {
    fc.assert(
      fc.property(texts, (values) => {
        const { request } = rendered(
          { httpType: 'POST_FORM', requestParams: [param('a b', '{sub1}'), param('c', '{sub2}')] },
          contextWith(values),
        );
        expect(request.body).toBe(new URLSearchParams({ 'a b': values.sub1, c: values.sub2 }).toString());
      }),
    );
  });

  it('from JSON: as a string, and within a string of a json param', () => {
    fc.assert(
      fc.property(texts, (values) => {
        const { request } = rendered(
          { httpType: 'POST_JSON', requestParams: [param('a.b', '{sub1}'), param('c', '{"d":["{sub2}"]}', { type: 'json' })] },
          contextWith(values),
        );
        expect(JSON.parse(request.body!)).toEqual({ a: { b: values.sub1 }, c: { d: [values.sub2] } });
      }),
    );
  });

  it('from JSON: any JSON in a macro of a json param', () => {
    fc.assert(
      fc.property(fc.json(), (sub1) => {
        const { request } = rendered(
          { httpType: 'POST_JSON', requestParams: [param('v', '[{sub1}]', { type: 'json' })] },
          contextWith({ sub1 }),
        );
        expect(request.body).toBe(`{"v":[${sub1}]}`);
      }),
    );
  });

  it('a value of a json param never adds to its structure', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.json(), fc.constantFrom('1,"b":2', '1}', '"', 'null]')), (sub1) => {
        const context = contextWith({ sub1 });
        const requestParams = [param('v', '{"a":{sub1},"s":"{sub1}"}', { type: 'json' as const })];
        try {
          const { request } = rendered({ httpType: 'POST_JSON', requestParams }, context);
          expect(Object.keys((JSON.parse(request.body!) as { v: object }).v)).toEqual(['a', 's']);
        } catch (error) {
          expect((error as Error).message).toContain('requestParams.0.value');
        }
      }),
    );
  });

  it('|raw never makes a request line or a header of its own', () => {
    fc.assert(
      fc.property(anyText, (sub1) => {
        const { request } = rendered(
          {
            url: 'https://t.example/{sub1|raw}?{sub1|raw}',
            requestParams: [param('p', '{sub1|raw}')],
            requestHeaders: [header('X', '{sub1|raw}')],
          },
          contextWith({ sub1 }),
        );
        expect(request.target).toMatch(/^[\u0021\u0022\u0024-\u007e]*$/);
        expect(request.headers[0]![1]).toMatch(/^[\u0020-\u007e\u0080-\u00ff]*$/);
      }),
    );
  });

  it('from a header, control characters being spaces: a header is never split', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.constantFrom('a\r\nX-Evil: 1', '\r\n\r\nGET / HTTP/1.1\r\n', '\u0085\u2028\u2029')), (sub1) => {
        const { request } = rendered({ requestHeaders: [header('X', '<{sub1}>')] }, contextWith({ sub1 }));
        const bytes = request.headers[0]![1];
        // RFC 9110 §5.5: field-value of visible ASCII, spaces and obs-text.
        expect(bytes).toMatch(/^[\u0020-\u007e\u0080-\u00ff]*$/);
        expect(Buffer.from(bytes, 'latin1').toString('utf8')).toBe(`<${sub1.replace(/\p{Cc}/gu, ' ')}>`);
      }),
    );
  });
});

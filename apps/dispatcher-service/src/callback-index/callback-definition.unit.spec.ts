import { packDefinition, unpackDefinition, type CallbackDefinition } from './callback-definition.js';

const definition: CallbackDefinition = {
  url: 'https://tracker.example/pb?click={click_id}',
  httpType: 'POST_JSON',
  basicAuth: { login: 'ada', password: 'v1.k1.pass' },
  requestParams: [
    { name: 'a', value: '{payout}', type: 'number', secret: false },
    { name: 'b', value: 'v1.k1.param', type: 'string', secret: true },
  ],
  requestHeaders: [
    { name: 'X-Key', value: 'v1.k1.header', secret: true },
    { name: 'X-Plain', value: 'v1.k1.not-a-secret', secret: false },
  ],
  retry: 'short',
  timeoutMs: 5_000,
  signingSecrets: ['v1.k1.s0', 'v1.k1.s1'],
};

describe('a packed definition', () => {
  it.each<[string, Partial<CallbackDefinition>]>([
    ['with secrets everywhere', {}],
    ['with a token', { basicAuth: { token: 'v1.k1.token' } }],
    ['without secrets', { basicAuth: null, requestParams: [], requestHeaders: [], signingSecrets: [] }],
  ])('is read back as it was, %s', (_, setting) => {
    const given = { ...definition, ...setting };
    expect(unpackDefinition(packDefinition(given))).toEqual(given);
  });

  it('shares what callbacks of one pattern have in common', () => {
    const other = packDefinition({ ...definition, url: 'https://elsewhere.example/', signingSecrets: ['v1.k2.x', 'v1.k2.y'] });
    expect(other.shape).toBe(packDefinition(definition).shape);
    expect(unpackDefinition(other).url).toBe('https://elsewhere.example/');
  });
});

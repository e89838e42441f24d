import { maskSecrets } from './mask-secrets.js';

describe('what the audit log keeps of a body', () => {
  it.each([
    [
      { password: 'x', currentPassword: 'x', newPassword: 'x' },
      { password: '•••', currentPassword: '•••', newPassword: '•••' },
    ],
    [
      { key: 'rbk_x', prefix: 'rbk_9fKc' },
      { key: '•••', prefix: 'rbk_9fKc' },
    ],
    [{ invitation: { token: 'x', purpose: 'invitation' } }, { invitation: { token: '•••', purpose: 'invitation' } }],
    [{ basicAuth: { login: 'l', password: 'x' } }, { basicAuth: { login: 'l', password: '•••' } }],
    [{ requestHeaders: [{ name: 'A', value: 'x', secret: true }] }, { requestHeaders: [{ name: 'A', value: '•••', secret: true }] }],
    [{ requestHeaders: [{ name: 'A', value: 'x' }] }, { requestHeaders: [{ name: 'A', value: 'x' }] }],
    [{ signingSecrets: [{ value: 'x' }, {}, 'y'] }, { signingSecrets: [{ value: '•••' }, {}, '•••'] }],
    [{ signingSecrets: [{ set: true }] }, { signingSecrets: [{ set: true }] }],
    [
      { idempotencyKey: 'k', nextCursor: 'c', secret: true },
      { idempotencyKey: 'k', nextCursor: 'c', secret: true },
    ],
    [null, null],
    ['text', 'text'],
  ])('%j becomes %j', (body, kept) => expect(maskSecrets(body)).toEqual(kept));
});

import { requireGoodPassword } from './password-rules.js';

describe('a new password', () => {
  const verdict = (password: string, email = 'grace.hopper@example.com') => {
    try {
      requireGoodPassword(password, email, 'password');
      return 'fine';
    } catch (error) {
      return (error as { details: { errors: { path: string; message: string }[] } }).details.errors[0]!.message;
    }
  };

  it.each([
    'correct horse battery staple',
    'пятнадцать букв подряд',
    '二十一個の文字からなる合言葉です',
    'kX9!vTq2#mZ7@wPd',
    'ringback is not all of it',
  ])('may be %j', (password) => expect(verdict(password)).toBe('fine'));

  it.each([
    ['grace.hopper@example.com', /a name/],
    ['grace.hopper12345', /a name/],
    ['ringbackringback', /a name/],
    ['PasswordRingback1', /a name/],
    ['aaaaaaaaaaaaaaaaaaa', /repeats/],
    ['abababababababab', /repeats/],
    ['hunter2hunter2hunter2', /repeats/],
    ['abcdefghijklmnop', /neighbours/],
    ['zyxwvutsrqponmlk', /neighbours/],
    ['123456789012345678', /neighbours/],
  ])('may not be %j', (password, message) => expect(verdict(password)).toMatch(message));
});

import { createSecretKey } from 'node:crypto';
import { webhookSignature } from './sign-request.js';

/** The example that implementations of Standard Webhooks share. */
const key = createSecretKey(Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'));
const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const timestamp = '1614265330';
const signature = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

describe('a signature', () => {
  it("is that of the standard's example", () => {
    expect(webhookSignature([key], id, timestamp, Buffer.from('{"test": 2432232314}'))).toBe(signature);
  });

  it('of no body is that of an empty one', () => {
    expect(webhookSignature([key], id, timestamp, null)).toBe(webhookSignature([key], id, timestamp, Buffer.alloc(0)));
  });

  it('stands once for each key, in their order', () => {
    const other = createSecretKey(Buffer.alloc(32, 1));
    const body = Buffer.from('{"test": 2432232314}');
    expect(webhookSignature([key, other], id, timestamp, body)).toBe(`${signature} ${webhookSignature([other], id, timestamp, body)}`);
  });
});

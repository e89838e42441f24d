import type { ConversionDetail } from '@ringback/contracts';
import { eventually } from './harness/eventually.js';
import { sharedSystem, type System } from './harness/system.js';

describe('personal data is erased', () => {
  let system: System;
  beforeAll(async () => {
    system = await sharedSystem();
  });
  afterAll(() => system.close());

  it('of one conversion: in the ledger, in the log, and in what is sent from then on; only an admin may', async () => {
    const { network } = system;
    const inbox = system.inbox();
    const [{ id: offerId }, { id: affiliateId }] = [await network.offer(), await network.affiliate()];
    for (const conversionStatus of ['pending', 'done'])
      await network.callback(offerId, { affiliateId, conversionStatus, url: inbox.url('to?ip={ip}&plan={param.plan}&sub={sub1}') });
    const personal = { ip: '198.51.100.77', params: { plan: 'platinum' } };
    const { id } = await network.convert({ offerId, affiliateId, sub1: 'spring', ...personal });
    const [delivery] = await eventually(async () => {
      const { deliveries } = await network.conversion(id);
      expect(deliveries).toMatchObject([{ status: 'delivered' }]);
      return deliveries;
    });
    expect((await network.delivery(delivery!.id)).attemptLog[0]!.request!.url).toContain('198.51.100.77');

    const { status, body } = await network.call<ConversionDetail>(`/v1/conversions/${id}/erasure`, { method: 'POST' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, sub1: 'spring', erasedAt: expect.any(String) });
    expect(JSON.stringify(body)).not.toMatch(/198\.51|platinum/);

    await eventually(async () => {
      const detail = await network.delivery(delivery!.id);
      expect(detail).toMatchObject({ status: 'delivered', attempts: 1, httpStatus: 200 });
      expect(detail.attemptLog).toMatchObject([{ request: null, response: null }]);
    });
    await network.setStatus(id, 'done');
    await eventually(() => expect(inbox.paths()).toEqual(['to?ip=198.51.100.77&plan=platinum&sub=spring', 'to?ip=&plan=&sub=spring']));
  });
});

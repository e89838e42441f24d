import { eventually } from './harness/eventually.js';
import { sharedSystem, type System } from './harness/system.js';

/** Every rule of what fires, over HTTP, real Kafka, real PostgreSQL and a real receiver. */
describe('the rules of matching', () => {
  let system: System;
  beforeAll(async () => {
    system = await sharedSystem();
  });
  afterAll(() => system.close());

  /** An affiliate, an offer, and a place of their own at the receiver. */
  async function scene(options: { goalsEnabled?: boolean } = {}) {
    const { network } = system;
    const [affiliate, offer, inbox] = await Promise.all([network.affiliate(), network.offer(options), Promise.resolve(system.inbox())]);
    const ids = { offerId: offer.id, affiliateId: affiliate.id };
    /** Every path that was asked for so far, once everything recorded has been worked off. */
    const fired = async () => {
      await system.settled({ offerId: offer.id });
      return inbox.paths();
    };
    return { network, offer, affiliate, inbox, ids, fired };
  }

  it('a callback fires when a new conversion meets all its conditions', async () => {
    const { network, offer, affiliate, inbox, ids, fired } = await scene();
    const other = await network.affiliate('Other Traffic');
    await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('meets-all') });
    await network.callback(offer.id, { affiliateId: other.id, url: inbox.url('other-affiliate') });
    await network.callback(offer.id, { affiliateId: affiliate.id, conversionStatus: 'done', url: inbox.url('other-status') });
    await network.convert(ids);
    expect(await fired()).toEqual(['meets-all']);
  });

  it('a callback fires when the status of a conversion is updated, and the status compared is the new one', async () => {
    const { network, offer, affiliate, inbox, ids, fired } = await scene();
    for (const conversionStatus of ['pending', 'done', 'rejected'])
      await network.callback(offer.id, {
        affiliateId: affiliate.id,
        conversionStatus,
        url: inbox.url(`${conversionStatus}-{previous_status|default:new}`),
      });
    const conversion = await network.convert(ids);
    await network.setStatus(conversion.id, 'done');
    await network.setStatus(conversion.id, 'rejected', 'chargeback');
    expect((await fired()).sort()).toEqual(['done-pending', 'pending-new', 'rejected-done']);
  });

  it('an update to the same status is no update: nothing fires', async () => {
    const { network, offer, affiliate, inbox, ids, fired } = await scene();
    await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('pending') });
    await network.callback(offer.id, { affiliateId: affiliate.id, conversionStatus: 'done', url: inbox.url('done') });
    const conversion = await network.convert(ids);
    await network.setStatus(conversion.id, 'pending');
    await network.setStatus(conversion.id, 'done');
    await network.setStatus(conversion.id, 'done');
    expect((await fired()).sort()).toEqual(['done', 'pending']);
    expect((await network.conversion(conversion.id)).history).toHaveLength(2);
  });

  it('while goals are enabled, a callback with a goal fires for that goal only, one without for any goal and none', async () => {
    const { network, offer, affiliate, inbox, ids, fired } = await scene({ goalsEnabled: true });
    const [signUp, deposit] = [await network.goal(offer.id, 'Sign-up'), await network.goal(offer.id, 'Deposit')];
    await network.callback(offer.id, { affiliateId: affiliate.id, goalId: signUp.id, url: inbox.url('sign-up/{goal_id}') });
    await network.callback(offer.id, { affiliateId: affiliate.id, goalId: deposit.id, url: inbox.url('deposit/{goal_id}') });
    await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('any/{goal_id|default:none}') });
    await network.convert({ ...ids, goalId: signUp.id });
    await network.convert(ids);
    expect((await fired()).sort()).toEqual(['any/none', `any/${signUp.id}`, `sign-up/${signUp.id}`].sort());
  });

  it('while goals are off, two callbacks of different goals both fire', async () => {
    const { network, offer, affiliate, inbox, ids, fired } = await scene({ goalsEnabled: true });
    const goals = [await network.goal(offer.id, 'Sign-up'), await network.goal(offer.id, 'Deposit')];
    for (const goal of goals) await network.callback(offer.id, { affiliateId: affiliate.id, goalId: goal.id, url: inbox.url(goal.name) });
    await network.editOffer(offer.id, { goalsEnabled: false });
    await network.convert(ids);
    expect((await fired()).sort()).toEqual(['Deposit', 'Sign-up']);
  });

  it("a callback's goal is ignored while goals are off, survives edits made meanwhile, and counts again once they are on", async () => {
    const { network, offer, affiliate, inbox, ids, fired } = await scene({ goalsEnabled: true });
    const [signUp, deposit] = [await network.goal(offer.id, 'Sign-up'), await network.goal(offer.id, 'Deposit')];
    const callback = await network.callback(offer.id, { affiliateId: affiliate.id, goalId: signUp.id, url: inbox.url('v1/{goal_id}') });
    await network.editOffer(offer.id, { goalsEnabled: false });
    await network.convert({ ...ids, goalId: deposit.id });
    const edited = await network.editCallback(offer.id, callback.id, { url: inbox.url('v2/{goal_id}'), timeoutMs: 5000 });
    expect(edited.goalId).toBe(signUp.id);
    const refusal = await network.call(`/v1/offers/${offer.id}/callbacks/${callback.id}`, {
      method: 'PATCH',
      body: { goalId: deposit.id },
    });
    expect(refusal).toMatchObject({ status: 422, body: { errors: [{ path: 'goalId' }] } });
    await network.editOffer(offer.id, { goalsEnabled: true });
    await network.convert({ ...ids, goalId: deposit.id });
    await network.convert({ ...ids, goalId: signUp.id });
    expect((await fired()).map((path) => path.replace('v2/', 'v1/')).sort()).toEqual([`v1/${signUp.id}`, `v1/${deposit.id}`].sort());
  });

  it('all callbacks that match fire, each once per event: fifty on one conversion', async () => {
    const { network, offer, affiliate, inbox, ids, fired } = await scene();
    const names = Array.from({ length: 50 }, (_, index) => `callback-${index}`);
    await Promise.all(names.map((name) => network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url(name) })));
    await network.convert(ids);
    expect((await fired()).sort()).toEqual(names.sort());
  });

  it('no callback affects another', async () => {
    const { network, offer, affiliate, inbox, ids } = await scene();
    inbox.answer('refuses', { status: 500 });
    await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('refuses') });
    await network.callback(offer.id, { affiliateId: affiliate.id, url: 'http://127.0.0.1:1/nobody-listens' });
    await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('accepts') });
    const conversion = await network.convert(ids);
    await eventually(() => expect(inbox.paths()).toContain('accepts'));
    await eventually(async () => {
      const { deliveries } = await network.conversion(conversion.id);
      expect(deliveries.map((delivery) => delivery.status).sort()).toEqual(['delivered', 'retrying', 'retrying']);
    });
  });

  it('deleted and disabled callbacks do not fire', async () => {
    const { network, offer, affiliate, inbox, ids, fired } = await scene();
    const [deleted, disabled] = [
      await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('deleted') }),
      await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('disabled') }),
    ];
    await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('kept') });
    await network.deleteCallback(offer.id, deleted.id);
    await network.editCallback(offer.id, disabled.id, { enabled: false });
    await network.convert(ids);
    expect(await fired()).toEqual(['kept']);
  });

  it('the request is made as the callback is configured at the attempt, not at the event', async () => {
    const { network, offer, affiliate, inbox, ids } = await scene();
    inbox.answer('old', { status: 500 });
    const callback = await network.callback(offer.id, { affiliateId: affiliate.id, retry: 'short', url: inbox.url('old') });
    await network.convert(ids);
    await eventually(() => expect(inbox.paths()).toEqual(['old']));
    await network.editCallback(offer.id, callback.id, { url: inbox.url('new') });
    await eventually(() => expect(inbox.paths()).toEqual(['old', 'new']), { timeoutMs: 20_000 });
  });

  it('an archived offer or goal refuses new conversions; paused refuses nothing; status updates always fire', async () => {
    const { network, offer, affiliate, inbox, ids, fired } = await scene({ goalsEnabled: true });
    const goal = await network.goal(offer.id);
    await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('paused') });
    await network.callback(offer.id, { affiliateId: affiliate.id, conversionStatus: 'done', url: inbox.url('done-while-archived') });
    await network.editOffer(offer.id, { status: 'paused' });
    const conversion = await network.convert({ ...ids, goalId: goal.id });
    await network.call(`/v1/offers/${offer.id}/goals/${goal.id}`, { method: 'PATCH', body: { archived: true } });
    const forGoal = await network.call('/v1/conversions', { method: 'POST', body: { ...ids, goalId: goal.id, status: 'pending' } });
    expect(forGoal).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/goal/i) } });
    await network.editOffer(offer.id, { status: 'archived' });
    const forOffer = await network.call('/v1/conversions', { method: 'POST', body: { ...ids, status: 'pending' } });
    expect(forOffer).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/offer/i) } });
    await network.setStatus(conversion.id, 'done');
    expect((await fired()).sort()).toEqual(['done-while-archived', 'paused']);
  });

  it('two thousand callbacks on one offer all fire, once each', async () => {
    const { network, offer, affiliate, inbox, ids, fired } = await scene();
    const names = Array.from({ length: 2_000 }, (_, index) => `n${index}`);
    for (let first = 0; first < names.length; first += 40)
      await Promise.all(
        names.slice(first, first + 40).map((name) => network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url(name) })),
      );
    await network.convert(ids);
    expect((await fired()).sort()).toEqual(names.sort());
  });

  it('an offer made a moment ago takes a conversion at once', async () => {
    const { network } = system;
    for (let round = 0; round < 10; round++) {
      const { id: affiliateId } = await network.affiliate();
      const { id: offerId } = await network.offer();
      await network.convert({ offerId, affiliateId });
    }
  });
});

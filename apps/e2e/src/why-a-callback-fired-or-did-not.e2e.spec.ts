import { conversionExplanationSchema, type ConversionExplanation, type ConversionStatus } from '@ringback/contracts';
import { sharedSystem, type System } from './harness/system.js';

type Callbacks = ConversionExplanation['items'][number]['callbacks'];
type Told = Callbacks[number];

/** A dozen callbacks that differ in one condition each, over four events between which goals are switched and callbacks are changed. */
describe('why a callback fired, or did not', () => {
  let system: System;
  let conversionId: string;
  const ids = new Map<string, number>();
  let explanation: ConversionExplanation;
  /** What the receiver got, as `<callback>/<conversion version>`. */
  let received: string[];
  let about: { affiliate: string; other: string; goal: string; signUp: string };

  beforeAll(async () => {
    system = await sharedSystem();
    const { network } = system;
    const inbox = system.inbox();
    const [affiliate, other, offer] = [
      await network.affiliate(),
      await network.affiliate('Other Media'),
      await network.offer({ goalsEnabled: true }),
    ];
    const [signUp, deposit] = [await network.goal(offer.id, 'Sign-up'), await network.goal(offer.id, 'Deposit')];
    about = {
      affiliate: `Ada Traffic (${affiliate.id})`,
      other: `Other Media (${other.id})`,
      signUp: `Sign-up (${signUp.id})`,
      goal: `Deposit (${deposit.id})`,
    };
    const make = async (name: string, difference: Record<string, unknown> = {}): Promise<void> => {
      const url = inbox.url(`${name}/{conversion_version}`);
      const made = await network.callback(offer.id, { name, affiliateId: affiliate.id, conversionStatus: 'done', url, ...difference });
      ids.set(name, made.id);
    };
    const edit = (name: string, fields: Record<string, unknown>) => network.editCallback(offer.id, ids.get(name)!, fields);

    await make('on-done');
    await make('on-pending', { conversionStatus: 'pending' });
    await make('on-rejected', { conversionStatus: 'rejected' });
    await make('other-affiliate', { affiliateId: other.id });
    await make('goal-deposit', { goalId: deposit.id });
    await make('goal-sign-up', { goalId: signUp.id });
    await make('disabled', { enabled: false });
    await make('disabled-between');
    await make('deleted-between');
    await make('status-edited');
    await make('goal-edited', { goalId: signUp.id });
    await make('url-edited');

    const { id } = await network.convert({ offerId: offer.id, affiliateId: affiliate.id, goalId: deposit.id, status: 'done' });
    conversionId = id;
    // Sent, before a deletion cancels what is not.
    await system.settled({ offerId: offer.id });

    await edit('disabled-between', { enabled: false });
    await network.deleteCallback(offer.id, ids.get('deleted-between')!);
    await edit('status-edited', { conversionStatus: 'pending' });
    await edit('url-edited', { url: inbox.url('url-edited/{conversion_version}?edited') });
    await make('created-between', { conversionStatus: 'pending' });
    await network.setStatus(id, 'pending');

    await edit('disabled-between', { enabled: true });
    await edit('goal-edited', { goalId: deposit.id });
    await network.editOffer(offer.id, { goalsEnabled: false });
    await network.setStatus(id, 'done');

    await network.editOffer(offer.id, { goalsEnabled: true });
    await network.call(`/v1/offers/${offer.id}/callbacks/${ids.get('deleted-between')!}/versions/1/restore`, { method: 'POST' });
    await edit('goal-sign-up', { conversionStatus: 'rejected' });
    await edit('other-affiliate', { affiliateId: affiliate.id, conversionStatus: 'rejected' });
    await network.setStatus(id, 'rejected');
    await make('created-after');

    await system.settled({ offerId: offer.id });
    received = inbox.paths().map((path) => path.replace('?edited', ''));
    explanation = await network.explanation(id);
  });
  afterAll(() => system.close());

  const event = (version: number) => explanation.items.find((item) => item.version === version)!;
  const told = (version: number, name: string): Told => event(version).callbacks.find(({ callbackId }) => callbackId === ids.get(name))!;
  const firing = (version: number) => [...ids.keys()].filter((name) => told(version, name).fires).sort();

  it('is told for every event, in its order, and for every callback of the offer', () => {
    expect(conversionExplanationSchema.parse(explanation)).toMatchObject({ conversionId, missing: null, nextCursor: null });
    const statuses: [ConversionStatus | null, ConversionStatus][] = [
      [null, 'done'],
      ['done', 'pending'],
      ['pending', 'done'],
      ['done', 'rejected'],
    ];
    expect(explanation.items.map(({ version, previousStatus, status }) => [version, previousStatus, status])).toEqual(
      statuses.map(([previous, status], index) => [index + 1, previous, status]),
    );
    expect(explanation.items.map(({ goalsEnabled }) => goalsEnabled)).toEqual([true, true, false, true]);
    for (const { callbacks } of explanation.items) expect(callbacks.map(({ callbackId }) => callbackId)).toEqual([...ids.values()]);
  });

  it('says of every event what the receiver has seen of it', () => {
    const shouldHave = explanation.items.flatMap(({ version }) => firing(version).map((name) => `${name}/${version}`));
    expect(received.toSorted()).toEqual(shouldHave.toSorted());
    expect(shouldHave.length).toBeGreaterThan(12);
  });

  it('links each callback that fired to its delivery, and no other to any', () => {
    for (const item of explanation.items)
      for (const callback of item.callbacks) {
        if (!callback.fires) expect(callback.delivery).toBeNull();
        else
          expect(callback.delivery).toMatchObject({
            state: 'known',
            detail: null,
            current: {
              id: callback.delivery!.id,
              status: 'delivered',
              eventId: item.eventId,
              conversionVersion: item.version,
              callbackId: callback.callbackId,
            },
          });
      }
  });

  it.each([
    [1, ['deleted-between', 'disabled-between', 'goal-deposit', 'on-done', 'status-edited', 'url-edited']],
    [2, ['created-between', 'on-pending', 'status-edited']],
    [3, ['disabled-between', 'goal-deposit', 'goal-edited', 'goal-sign-up', 'on-done', 'url-edited']],
    [4, ['on-rejected', 'other-affiliate']],
  ])('event %i: those fire whose conditions were met as they were then', (version, names) => {
    expect(firing(version)).toEqual(names);
  });

  it.each<[number, string, string]>([
    [1, 'on-pending', 'it waits for status pending, the conversion was done'],
    [1, 'on-rejected', 'it waits for status rejected, the conversion was done'],
    [1, 'other-affiliate', 'it is for affiliate $other, the conversion is of $affiliate'],
    [1, 'goal-sign-up', 'it is for goal $signUp, the conversion has $goal'],
    [1, 'goal-deposit', 'all its conditions were met'],
    [1, 'disabled', 'it was disabled'],
    [2, 'disabled-between', 'it was disabled; it waits for status done, the conversion was pending'],
    [3, 'goal-sign-up', "all its conditions were met; the offer's goals were disabled: its goal $signUp was ignored, and is kept"],
    [3, 'goal-deposit', "all its conditions were met; the offer's goals were disabled: its goal $goal was ignored, and is kept"],
    [3, 'status-edited', 'it waits for status pending, the conversion was done'],
    [4, 'goal-sign-up', 'it is for goal $signUp, the conversion has $goal'],
    [4, 'deleted-between', 'it waits for status done, the conversion was rejected'],
    [4, 'other-affiliate', 'all its conditions were met'],
  ])('event %i, %s: %s', (version, name, reason) => {
    const words = reason.replace(/\$(\w+)/g, (_, key: string) => about[key as keyof typeof about]);
    expect(told(version, name).reason).toBe(words);
  });

  it('says who deleted a callback, or created it later, and when', () => {
    for (const version of [2, 3]) expect(told(version, 'deleted-between').reason).toMatch(/^it had been deleted, at \S+Z by bootstrap/);
    for (const version of [1, 2, 3, 4]) {
      const { reason, conditions } = told(version, 'created-after');
      expect(reason).toMatch(/^it was created later: at \S+Z by bootstrap \(revision \d+; the event is of revision \d+\)$/);
      expect(conditions).toMatchObject([{ condition: 'created', state: 'unmet' }]);
    }
  });

  it('counts the version that was in force, whatever came since', () => {
    const versions = (name: string) => [1, 2, 3, 4].map((version) => told(version, name).version?.number ?? null);
    expect(versions('disabled-between')).toEqual([1, 2, 3, 3]);
    expect(versions('deleted-between')).toEqual([1, 2, 2, 3]);
    expect(versions('url-edited')).toEqual([1, 2, 2, 2]);
    expect(versions('created-between')).toEqual([null, 1, 1, 1]);
  });

  it('can be asked for one callback alone', async () => {
    const one = await system.network.explanation(conversionId, ids.get('on-done'));
    expect(one.items.map(({ callbacks }) => callbacks.map(({ callbackId, fires }) => [callbackId, fires]))).toEqual(
      [true, false, true, false].map((fires) => [[ids.get('on-done'), fires]]),
    );
  });

  it('names a delivery that should be there and is not as a fault', async () => {
    const { delivery } = told(1, 'on-done');
    await system.sql('delete from dispatcher.delivery where id = $1', [delivery!.id]);
    const one = await system.network.explanation(conversionId, ids.get('on-done'));
    expect(one.items[0]!.callbacks[0]!.delivery).toMatchObject({
      id: delivery!.id,
      state: 'missing',
      detail: expect.stringContaining('a fault'),
    });
    expect(one.items[2]!.callbacks[0]!.delivery).toMatchObject({ state: 'known' });
  });
});

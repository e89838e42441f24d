import { randomUUID } from 'node:crypto';
import type { CallbackVersion, ConversionStatus } from '@ringback/contracts';
import { eventually, type Answer } from '@ringback/testbed';
import type { Dispatcher } from './dispatcher.js';
import { conversionCreated, statusChanged } from './testing/conversion-event.js';
import { HeldDispatchers } from './testing/held-dispatchers.js';

describe('with ordering by conversion', () => {
  let held: HeldDispatchers;
  let dispatcher: Dispatcher;
  const answers = new Map<string, Answer>();
  let callbacks = 0;

  beforeAll(async () => {
    held = await HeldDispatchers.start();
    held.spec.receiver.answer(({ rawUrl }) => answers.get(rawUrl) ?? {});
    ({ dispatcher } = await held.run());
  });
  afterAll(() => held.stop());

  /** Two callbacks to one destination, each for one status of the conversion. */
  const aPair = async (setting: Partial<CallbackVersion> = { ordering: 'conversion' }) => {
    const { author, receiver } = held.spec;
    const [first, second] = [++callbacks, ++callbacks];
    const url = (id: number) => `${receiver.url}/${id}?{conversion_id}`;
    const common = { affiliateId: first, retry: 'short', ...setting } as const;
    await held.spec.configure(
      author.callback(first, { ...common, url: url(first), conversionStatus: 'pending' }),
      author.callback(second, { ...common, url: url(second), conversionStatus: 'done' }),
    );
    return { first, second };
  };
  /** A conversion that goes through these statuses, as its events. */
  const convert = async (affiliateId: number, statuses: readonly ConversionStatus[], conversionId: string = randomUUID()) => {
    const { revision } = held.spec.author;
    await held.spec.publish(
      ...statuses.map((status, index) => {
        const setting = {
          revision,
          recordedAtMs: held.clock.now() + index,
          conversion: { id: conversionId, affiliateId, status, version: index + 1 },
        };
        return index === 0 ? conversionCreated(setting) : statusChanged({ ...setting, previousStatus: statuses[index - 1]! });
      }),
    );
  };
  const fails = (callbackId: number, conversionId: string) => answers.set(`/${callbackId}?${conversionId}`, { status: 500 });
  const works = (callbackId: number, conversionId: string) => answers.delete(`/${callbackId}?${conversionId}`);
  const sent = (callbackId: number) => held.spec.receiver.on(`/${callbackId}`).length;
  const settled = async (callbackId: number) =>
    (
      await held.spec.rows<{ status: string; attempts: number }>(
        'select status, attempts from dispatcher.delivery where callback_id = $1 order by conversion_version',
        [callbackId],
      )
    ).map(({ status, attempts }) => `${status} ${attempts}`);
  /** The first delivery keeps failing, and the second waits for it. */
  const aWaitingPair = async () => {
    const { first, second } = await aPair();
    const conversionId = randomUUID();
    fails(first, conversionId);
    await convert(first, ['pending', 'done'], conversionId);
    await held.retry(first);
    await held.retry(first);
    await eventually(async () => (await held.waiting(first)) === 1 && (await held.waiting(second)) === 1);
    expect(sent(second)).toBe(0);
    expect(await held.attempts(second)).toBe(0);
    return { first, second, conversionId };
  };

  it('the second waits while the first keeps failing, and goes once it is delivered', async () => {
    const { first, second, conversionId } = await aWaitingPair();
    works(first, conversionId);
    await held.inTime(async () => (await held.delivered(second)) === 1);
    expect(await settled(first)).toEqual(['delivered 4']);
    expect(await settled(second)).toEqual(['delivered 1']);
    expect(held.spec.receiver.on(`/${second}`)[0]!.index).toBeGreaterThan(held.spec.receiver.on(`/${first}`).at(-1)!.index);
  });

  it('it goes once the first is exhausted', async () => {
    const { first, second } = await aWaitingPair();
    for (let retries = 3; retries < 7; retries++) await held.retry(first);
    await eventually(async () => (await held.delivered(second)) === 1);
    expect(await settled(first)).toEqual(['exhausted 7']);
    expect(sent(first)).toBe(7);
    expect(await settled(second)).toEqual(['delivered 1']);
  });

  it('it goes once the first is cancelled', async () => {
    const { first, second } = await aWaitingPair();
    await held.spec.configure(held.spec.author.deleteCallback(first));
    await eventually(() => dispatcher.index.revision === held.spec.author.revision);
    await held.inTime(async () => (await held.delivered(second)) === 1);
    expect(await settled(first)).toEqual(['cancelled 3']);
    expect(await settled(second)).toEqual(['delivered 1']);
  });

  it('a callback’s own deliveries of one conversion go one after the other too', async () => {
    const { first, second } = await aPair();
    const conversionId = randomUUID();
    fails(second, conversionId);
    await convert(first, ['done', 'rejected', 'done', 'pending', 'done'], conversionId);
    await held.retry(second);
    expect(sent(first)).toBe(0);
    works(second, conversionId);
    await held.inTime(async () => (await held.spec.count('dispatcher.delivery where conversion_id = $1', [conversionId])) === 4);
    const versions = await held.spec.rows<{ version: number }>(
      'select conversion_version as version from dispatcher.delivery where conversion_id = $1 order by started_at, conversion_version',
      [conversionId],
    );
    expect(versions.map(({ version }) => version)).toEqual([1, 3, 4, 5]);
  });

  it('other conversions of the same callbacks do not wait', async () => {
    const { first, second } = await aPair();
    const stuck = randomUUID();
    fails(first, stuck);
    await convert(first, ['pending', 'done'], stuck);
    for (let other = 0; other < 20; other++) await convert(first, ['pending', 'done']);
    await eventually(async () => (await held.delivered(second)) === 20);
    expect(await held.delivered(first)).toBe(20);
    await eventually(async () => (await held.waiting(first)) === 1 && (await held.waiting(second)) === 1);
    expect(sent(second)).toBe(20);
  });

  it('without it, the second does not wait', async () => {
    const { first, second } = await aPair({ ordering: 'none' });
    const conversionId = randomUUID();
    fails(first, conversionId);
    await convert(first, ['pending', 'done'], conversionId);
    await eventually(async () => (await held.delivered(second)) === 1 && (await held.waiting(first)) === 1);
    expect(sent(first)).toBe(1);
  });
});

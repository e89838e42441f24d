import { eventually } from '@ringback/testbed';
import { conversionCreated, statusChanged } from './testing/conversion-event.js';
import { DispatchersUnderTest } from './testing/dispatchers-under-test.js';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('what fires', () => {
  let spec: DispatchersUnderTest;
  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
  });
  afterAll(() => spec.stop());

  it('is decided by the configuration as of the recording, how by that of today', async () => {
    const { author, receiver } = spec;
    await spec.configure(
      author.callback(1, { url: `${receiver.url}/1-then` }),
      author.callback(2, { url: `${receiver.url}/2`, conversionStatus: 'pending' }),
      author.callback(3, { url: `${receiver.url}/3`, enabled: false }),
    );
    const { revision } = author;
    const event = conversionCreated({ revision });
    await spec.publish(event);
    await spec.configure(
      author.callback(1, { url: `${receiver.url}/1-now`, conversionStatus: 'rejected' }),
      author.callback(2, { conversionStatus: 'done' }),
      author.callback(3, { enabled: true }),
      author.callback(4, { url: `${receiver.url}/4` }),
    );
    await spec.run();
    await spec.waitForProgress(1);
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/1-now']);

    await spec.publish(statusChanged({ revision: author.revision, previousStatus: 'pending' }));
    await receiver.waitFor(4);
    await spec.waitForProgress(2);
    expect(receiver.requests.map(({ path }) => path).sort()).toEqual(['/1-now', '/2', '/3', '/4']);
  });

  it('waits for a revision that is not read yet, and fires as of it', async () => {
    const { author, receiver } = spec;
    receiver.clear();
    const made = author.callback(10, { affiliateId: 10, url: `${receiver.url}/late` });
    await spec.publish(conversionCreated({ revision: author.revision + 5, conversion: { affiliateId: 10 } }));
    await eventually(async () => (await spec.count('dispatcher.intake_progress where next_offset > 0')) > 0);
    // A revision that never comes holds nothing up for good: all that Kafka has was read.
    await spec.waitForProgress(3);
    await spec.configure(made);
    await spec.publish(conversionCreated({ revision: author.revision, conversion: { affiliateId: 10 } }));
    await receiver.waitFor(1);
    expect(receiver.on('/late')).toHaveLength(1);
  });

  it('that cannot be rendered is exhausted with its reason, and its neighbours are sent', async () => {
    const { author, receiver } = spec;
    receiver.clear();
    await spec.configure(
      author.callback(20, { affiliateId: 20, url: `${receiver.url}/a?x={no_such_macro}` }),
      author.callback(21, {
        affiliateId: 20,
        url: `${receiver.url}/b`,
        httpType: 'POST_JSON',
        requestParams: [{ name: 'j', value: '{sub1}', type: 'json', secret: false }],
      }),
      author.callback(22, { affiliateId: 20, url: `${receiver.url}/c`, basicAuth: { token: 'v1.unknown.AAAA' } }),
      author.callback(23, { affiliateId: 20, url: `${receiver.url}/good` }),
    );
    await spec.publish(conversionCreated({ revision: author.revision, conversion: { affiliateId: 20, sub1: '{broken' } }));
    await eventually(async () => (await spec.count('dispatcher.delivery where affiliate_id = 20')) === 4);
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/good']);
    const rows = await spec.rows<{ callback_id: number; status: string; attempts: number; error: string }>(
      'select callback_id, status, attempts, error from dispatcher.delivery where affiliate_id = 20 order by callback_id',
    );
    expect(rows).toMatchObject([
      { callback_id: 20, status: 'exhausted', attempts: 0, error: expect.stringContaining('no_such_macro') },
      { callback_id: 21, status: 'exhausted', attempts: 0, error: expect.stringContaining('requestParams.0.value') },
      { callback_id: 22, status: 'exhausted', attempts: 0, error: expect.stringContaining('basicAuth.token') },
      { callback_id: 23, status: 'delivered', attempts: 1 },
    ]);
  });

  it('of what cannot be read is set aside with its reason, and the partition goes on', async () => {
    const { author, receiver } = spec;
    receiver.clear();
    const before = await spec.count('dispatcher.dead_letter');
    const old = conversionCreated({ revision: author.revision, recordedAtMs: Date.now() - 31 * DAY_MS });
    const early = conversionCreated({ revision: author.revision, recordedAtMs: Date.now() + 2 * DAY_MS });
    await spec.publishRaw(
      { key: 'k', value: Buffer.from('{"half":') },
      { key: 'k', value: Buffer.from(JSON.stringify({ ...old, type: 'Unheard\u0000Of' })) },
      { key: 'k', value: null },
      { key: 'k', value: Buffer.from([0xff, 0xfe]) },
      { key: 'k', value: Buffer.from(JSON.stringify(old)) },
      { key: 'k', value: Buffer.from(JSON.stringify(early)) },
      { key: 'k', value: Buffer.from(JSON.stringify(conversionCreated({ revision: author.revision, conversion: { affiliateId: 20 } }))) },
    );
    await receiver.waitFor(1);
    await eventually(async () => (await spec.count('dispatcher.dead_letter')) === before + 6);
    const reasons = await spec.rows<{ reason: string }>('select reason from dispatcher.dead_letter order by message_offset');
    expect(reasons.map(({ reason }) => reason.split(':')[0])).toEqual([
      'unreadable',
      'unreadable',
      'unreadable',
      'unreadable',
      'too-old',
      'too-new',
    ]);
  });

  it('after a record of the configuration that cannot be read: it is set aside too', async () => {
    const { author, receiver } = spec;
    receiver.clear();
    await spec.configure({ key: 'callback:30:1', value: Buffer.from('no json') }, { key: 'nonsense', value: Buffer.from('{}') });
    await spec.configure(author.callback(31, { affiliateId: 31, url: `${receiver.url}/31` }));
    await spec.publish(conversionCreated({ revision: author.revision, conversion: { affiliateId: 31 } }));
    await receiver.waitFor(1);
    await eventually(async () => (await spec.count("dispatcher.dead_letter where topic like '%offers.configurations'")) === 2);
  });
});

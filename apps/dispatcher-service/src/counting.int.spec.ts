import { statisticsSchema } from '@ringback/contracts';
import { eventually, type Answer } from '@ringback/testbed';
import { conversionCreated } from './testing/conversion-event.js';
import { startDispatcherProcess } from './testing/dispatcher-process.js';
import { DispatchersUnderTest } from './testing/dispatchers-under-test.js';

/** Refuses a row for its data, so that its batch is halved down to it, and fails now and then for no reason, so that batches are repeated. */
const TROUBLE = `
  create sequence spec_failures;
  create function spec_fail() returns trigger language plpgsql as $$
  begin
    if new.callback_id = 2 and not new.exchange_lost and get_byte(decode(md5(new.id::text), 'hex'), 0) < 40 then
      raise exception 'refused by the spec' using errcode = '22021';
    end if;
    if nextval('spec_failures') % 997 = 0 then raise exception 'failed by the spec' using errcode = 'P0001'; end if;
    return new;
  end $$;
  create trigger spec_fail before insert on dispatcher.delivery for each row execute function spec_fail();`;

describe('counting', () => {
  let spec: DispatchersUnderTest;
  beforeAll(async () => {
    spec = await DispatchersUnderTest.start();
    const { author, receiver } = spec;
    await spec.configure(
      author.callback(1, { url: `${receiver.url}/good` }),
      author.callback(2, { url: `${receiver.url}/refused` }),
      author.callback(3, { url: `${receiver.url}/moved` }),
      author.callback(4, { url: `${receiver.url}/shaky`, retry: 'short' }),
      author.callback(5, { url: `${receiver.url.replace('127.0.0.1', 'localhost')}/elsewhere` }),
    );
    const seen = new Set<string>();
    receiver.answer(({ path, webhookId }): Answer => {
      if (path === '/moved') return { status: 302, headers: { location: '/good' } };
      // A third of them fails, once: not enough for a breaker.
      if (path === '/shaky' && Number.parseInt(webhookId!.at(-1)!, 16) % 3 === 0 && !seen.has(webhookId!)) {
        seen.add(webhookId!);
        return { status: 500 };
      }
      return { delayMs: 20 };
    });
  });
  afterAll(() => spec.stop());

  it('has each delivery and attempt of the log once, whatever is killed, repeated or halved', async () => {
    await spec.db.query(TROUBLE);
    const dispatchers = await Promise.all(['one', 'two'].map((name) => startDispatcherProcess(spec, name)));
    const events = 150;
    await spec.publish(...Array.from({ length: events }, () => conversionCreated({ revision: spec.author.revision })));
    await eventually(async () => (await spec.count('dispatcher.delivery')) >= events, { timeoutMs: 40_000, intervalMs: 5 });
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.kill()));
    expect(await spec.count('dispatcher.delivery')).toBeLessThan(4 * events);
    // What the server still does for them comes to its end; nobody is left to write under these leases, which last 45 s.
    await eventually(
      async () =>
        (await spec.count(`pg_stat_activity where datname = current_database() and application_name like 'dispatcher-service%'`)) === 0,
    );
    await spec.db.query("update dispatcher.parked set leased_until = now() - interval '1 ms' where leased_until is not null");
    for (const dispatcher of dispatchers) dispatcher.relaunch();
    await eventually(async () => (await spec.count('dispatcher.delivery where callback_id <> 4')) === 4 * events, { timeoutMs: 60_000 });
    await eventually(
      async () =>
        (await spec.count(
          `(select id from dispatcher.delivery where callback_id = 4 union all
            select id from dispatcher.parked where callback_id = 4 and attempts > 0 and lease_token is null) as settled`,
        )) === events,
      { timeoutMs: 60_000 },
    );
    for (const dispatcher of dispatchers) {
      await dispatcher.waitUntilReady();
      await dispatcher.stop();
    }
    await spec.db.query('drop trigger spec_fail on dispatcher.delivery');

    const reader = await spec.run();
    const query = 'interval=none&groupBy=callback&limit=10';
    const { status, body } = await reader.get(`/v1/stats/deliveries?${query}`);
    expect({ status, body }).toMatchObject({ status: 200 });
    const { groups } = statisticsSchema.parse(body);
    // What `shaky` has parked may become due meanwhile: its counts are taken from both at one moment, below.
    const log = await spec.rows<{ callback_id: number }>(
      `select callback_id, count(*) filter (where status = 'delivered')::integer as delivered,
         count(*) filter (where status = 'delivered' and attempts = 1)::integer as "deliveredFirstTry",
         count(*) filter (where status = 'exhausted')::integer as exhausted,
         count(*)::integer as attempts, count(*) filter (where status <> 'delivered')::integer as "failedAttempts"
       from dispatcher.delivery where callback_id <> 4 group by 1 order by 1`,
    );
    const told = groups
      .filter(({ key }) => key.callbackId !== 4)
      .map(({ key, totals: { delivered, deliveredFirstTry, exhausted, attempts, failedAttempts } }) => ({
        callback_id: key.callbackId,
        ...{ delivered, deliveredFirstTry, exhausted, attempts, failedAttempts },
      }))
      .toSorted((a, b) => a.callback_id! - b.callback_id!);
    expect(told).toEqual(log);
    expect(log).toHaveLength(4);
    expect(await spec.count('dispatcher.delivery where exchange_lost')).toBeGreaterThan(10);

    await eventually(async () => (await spec.count('dispatcher.delivery where callback_id = 4')) === events, { timeoutMs: 60_000 });
    const failed = await spec.count('dispatcher.delivery_attempt');
    const again = await reader.get('/v1/stats/deliveries?interval=none&callbackId=4');
    expect(statisticsSchema.parse(again.body).totals).toMatchObject({
      delivered: events,
      attempts: events + failed,
      failedAttempts: failed,
    });
    expect(failed).toBeGreaterThan(5);
    const destinations = await reader.get('/v1/stats/deliveries?interval=none&groupBy=destination');
    expect(
      statisticsSchema
        .parse(destinations.body)
        .groups.map(({ totals }) => totals.delivered)
        .toSorted(),
    ).toEqual([events, 3 * events]);
  }, 180_000);
});

import { randomUUID } from 'node:crypto';
import { explanationAnswerSchema, MAX_EXPLAINED_CALLBACKS, type Callback, type ExplanationAnswer, type Offer } from '@ringback/contracts';
import { anOffer, OffersRig, type OffersProcess } from '../testing/offers-rig.js';

type Asked = { revision: number; status?: string; previousStatus?: string | null };

describe('an explanation', () => {
  let rig: OffersRig;
  let offers: OffersProcess;
  let offer: Awaited<ReturnType<typeof anOffer>>;

  beforeAll(async () => {
    rig = await OffersRig.create();
    offers = await rig.start();
  });
  afterAll(() => rig.drop());
  beforeEach(async () => {
    offer = await anOffer(offers);
  });

  const create = async (fields: object = {}): Promise<number> => {
    const body = { affiliateId: offer.affiliateId, conversionStatus: 'done', url: 'https://t.example/', httpType: 'GET', ...fields };
    const { status, body: made } = await offers.call<Callback>('POST', offer.callbacks, body);
    expect(status).toBe(201);
    return made.id;
  };
  const patch = (id: number, fields: object) => offers.call('PATCH', `${offer.callbacks}/${id}`, fields);
  const revision = async (): Promise<number> =>
    Number((await rig.pool.query<{ current: string }>('select current from offers.revision')).rows[0]!.current);
  const explain = async (events: Asked[], more: object = {}): Promise<ExplanationAnswer> => {
    const { status, body } = await offers.call('POST', `/v1/offers/${offer.offerId}/explanations`, {
      affiliateId: offer.affiliateId,
      goalId: offer.goalId,
      events: events.map((event) => ({ eventId: randomUUID(), status: 'done', previousStatus: null, ...event })),
      ...more,
    });
    expect(status).toBe(200);
    return explanationAnswerSchema.parse(body);
  };
  /** Per event, per callback: its reason. */
  const reasons = ({ events }: ExplanationAnswer) => events.map(({ callbacks }) => callbacks.map(({ reason }) => reason));

  it('tells, of each callback, every condition in words, with the names of things', async () => {
    const other = await offers.call<{ id: number }>('POST', '/v1/affiliates', { name: 'Other Media' });
    const goal = await offers.call<{ id: number }>('POST', `/v1/offers/${offer.offerId}/goals`, { name: 'Sign-up' });
    const id = await create({
      name: 'CRM',
      affiliateId: other.body.id,
      goalId: goal.body.id,
      conversionStatus: 'rejected',
      enabled: false,
    });
    const answer = await explain([{ revision: await revision(), previousStatus: 'pending' }]);
    const [traffic, media] = [`Traffic Ltd (${offer.affiliateId})`, `Other Media (${other.body.id})`];
    expect(answer).toMatchObject({ offerName: 'Casino', affiliateName: 'Traffic Ltd', goalName: 'Deposit' });
    expect(answer.events[0]).toMatchObject({ goalsEnabled: true, callbacksNotShown: 0 });
    expect(answer.events[0]!.callbacks).toEqual([
      {
        callbackId: id,
        name: 'CRM',
        version: { number: 1, revision: await revision(), changedBy: 'ada@example.com', changedAt: expect.any(String) },
        fires: false,
        reason:
          `it was disabled; it is for affiliate ${media}, the conversion is of ${traffic}; ` +
          `it waits for status rejected, the conversion was done; ` +
          `it is for goal Sign-up (${goal.body.id}), the conversion has Deposit (${offer.goalId})`,
        conditions: [
          { condition: 'created', state: 'met', expected: 'created before the event', actual: 'created before', reason: null },
          { condition: 'notDeleted', state: 'met', expected: 'not deleted', actual: 'not deleted', reason: null },
          { condition: 'enabled', state: 'unmet', expected: 'enabled', actual: 'disabled', reason: 'it was disabled' },
          { condition: 'statusChanged', state: 'met', expected: 'a new status', actual: 'pending became done', reason: null },
          { condition: 'affiliate', state: 'unmet', expected: media, actual: traffic, reason: expect.any(String) },
          { condition: 'status', state: 'unmet', expected: 'rejected', actual: 'done', reason: expect.any(String) },
          {
            condition: 'goal',
            state: 'unmet',
            expected: `Sign-up (${goal.body.id})`,
            actual: `Deposit (${offer.goalId})`,
            reason: expect.any(String),
          },
        ],
      },
    ]);
  });

  it('is of the versions in force at each event: made, edited, disabled, deleted, restored', async () => {
    const before = await revision();
    const id = await create();
    const made = await revision();
    await patch(id, { enabled: false });
    const disabled = await revision();
    await patch(id, { enabled: true, conversionStatus: 'pending' });
    const edited = await revision();
    await offers.call('DELETE', `${offer.callbacks}/${id}`);
    const deleted = await revision();
    await offers.call('POST', `${offer.callbacks}/${id}/versions/1/restore`);
    const restored = await revision();
    const answer = await explain([before, made, disabled, edited, deleted, restored].map((at) => ({ revision: at })));
    expect(answer.events.map(({ callbacks }) => [callbacks[0]!.version?.number ?? null, callbacks[0]!.fires])).toEqual([
      [null, false],
      [1, true],
      [2, false],
      [3, false],
      [4, false],
      [5, true],
    ]);
    expect(reasons(answer).flat()).toEqual([
      expect.stringMatching(
        new RegExp(`^it was created later: at .*Z by ada@example.com \\(revision ${made}; the event is of revision ${before}\\)$`),
      ),
      'all its conditions were met',
      'it was disabled',
      'it waits for status pending, the conversion was done',
      expect.stringMatching(/^it had been deleted, at .*Z by ada@example.com; it waits for status pending/),
      'all its conditions were met',
    ]);
  });

  it('says that a goal was ignored, and is kept, while goals were disabled', async () => {
    const goal = await offers.call<{ id: number }>('POST', `/v1/offers/${offer.offerId}/goals`, { name: 'Sign-up' });
    await create({ goalId: goal.body.id });
    const on = await revision();
    await offers.call<Offer>('PATCH', `/v1/offers/${offer.offerId}`, { goalsEnabled: false });
    const answer = await explain([{ revision: on }, { revision: await revision() }]);
    expect(answer.events.map(({ goalsEnabled }) => goalsEnabled)).toEqual([true, false]);
    expect(reasons(answer).flat()).toEqual([
      `it is for goal Sign-up (${goal.body.id}), the conversion has Deposit (${offer.goalId})`,
      `all its conditions were met; the offer's goals were disabled: its goal Sign-up (${goal.body.id}) was ignored, and is kept`,
    ]);
    expect(answer.events[1]!.callbacks[0]!.conditions.at(-1)).toMatchObject({ condition: 'goal', state: 'ignored' });
  });

  it('says so, and guesses nothing, where the versions of then are gone', async () => {
    const id = await create();
    const made = await revision();
    await patch(id, { name: 'second' });
    await rig.pool.query(`delete from offers.configuration_version where kind = 'callback' and aggregate_id = $1 and version = 1`, [id]);
    const { events } = await explain([{ revision: made }, { revision: await revision() }]);
    expect(events[0]!.callbacks).toEqual([
      {
        callbackId: id,
        name: 'second',
        version: null,
        fires: null,
        reason: `what the callback was at revision ${made} is no longer known`,
        conditions: [],
      },
    ]);
    expect(events[1]!.callbacks).toMatchObject([{ fires: true }]);
    await rig.pool.query(`delete from offers.configuration_version where kind = 'offer' and aggregate_id = $1 and version = 1`, [
      offer.offerId,
    ]);
    const [first] = (await explain([{ revision: 1 }])).events;
    expect(first).toMatchObject({
      goalsEnabled: null,
      callbacks: [{ fires: null, reason: 'what the offer was at revision 1 is no longer known' }],
    });
  });

  it("is of the conversion's own offer, and of one callback where one is named", async () => {
    const first = await create();
    const own = offer;
    offer = await anOffer(offers);
    const foreign = await create();
    offer = own;
    const second = await create();
    const at = [{ revision: await revision() }];
    const ids = ({ events }: ExplanationAnswer) => events.map(({ callbacks }) => callbacks.map(({ callbackId }) => callbackId));
    expect(ids(await explain(at))).toEqual([[first, second]]);
    expect(ids(await explain(at, { callbackId: second }))).toEqual([[second]]);
    const ask = (path: string, more: object) =>
      offers.call('POST', path, {
        affiliateId: 1,
        goalId: null,
        events: [{ eventId: randomUUID(), status: 'done', previousStatus: null, revision: 1 }],
        ...more,
      });
    expect((await ask(`/v1/offers/${offer.offerId}/explanations`, { callbackId: foreign })).status).toBe(404);
    expect((await ask('/v1/offers/2147483647/explanations', {})).status).toBe(404);
    expect(await ask(`/v1/offers/${offer.offerId}/explanations`, { events: [{}] })).toMatchObject({ status: 422 });
  });

  it('shows those that come nearest to firing where an offer has more callbacks than an answer', async () => {
    const fires = await create();
    const near = await create({ conversionStatus: 'pending' });
    await rig.pool.query(
      `with made as (
         insert into offers.callback
         select nextval(pg_get_serial_sequence('offers.callback', 'id')), offer_id, affiliate_id, goal_id, conversion_status, name, url, http_type,
           basic_auth, request_params, request_headers, false, disabled_reason, retry, timeout_ms, max_per_second, ordering, signing_secrets, version,
           revision, created_at, updated_at, deleted_at
         from offers.callback, generate_series(1, $2) where id = $1 returning id)
       insert into offers.configuration_version (kind, aggregate_id, version, revision, changed_by, record)
       select kind, made.id, version, 1000000 + made.id, changed_by, jsonb_set(jsonb_set(record::jsonb, '{data,enabled}', 'false'), '{data,revision}', '1')::json
       from made, offers.configuration_version where kind = 'callback' and aggregate_id = $1`,
      [near, MAX_EXPLAINED_CALLBACKS],
    );
    const { events } = await explain([{ revision: 2_000_000 }]);
    const [event] = events;
    expect(event!.callbacks).toHaveLength(MAX_EXPLAINED_CALLBACKS);
    expect(event!.callbacksNotShown).toBe(2);
    expect(event!.callbacks.slice(0, 2).map(({ callbackId, fires: does }) => [callbackId, does])).toEqual([
      [fires, true],
      [near, false],
    ]);
  });
});

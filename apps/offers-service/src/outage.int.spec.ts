import { eventually, startPostgres, type RunningPostgres } from '@ringback/testbed';
import { OffersRig, type OffersProcess } from './testing/offers-rig.js';

/** Of its own, since it is killed and stopped. */
describe('while PostgreSQL is away', () => {
  let postgres: RunningPostgres;
  let rig: OffersRig;
  let offers: OffersProcess;

  beforeAll(async () => {
    postgres = await startPostgres();
    rig = await OffersRig.create(postgres.url);
    offers = await rig.start();
  }, 60_000);
  afterAll(async () => {
    await rig.drop();
    await postgres.stop();
  }, 60_000);

  const create = () => offers.call('POST', '/v1/affiliates', { name: 'x' });
  const works = () => eventually(async () => (await create()).status === 201, { timeoutMs: 30_000 });

  it('killed: 503 for reads and changes, and all goes on by itself afterwards', async () => {
    await works();
    await postgres.kill();
    expect(await create()).toMatchObject({ status: 503, body: { status: 503 } });
    expect(await offers.call('GET', '/v1/affiliates')).toMatchObject({ status: 503 });
    await postgres.restart();
    await works();
  }, 60_000);

  it('hanging: 503 within the time that a caller waits, and all goes on by itself afterwards', async () => {
    await works();
    postgres.pause();
    const startedAt = performance.now();
    const answers = await Promise.all([create(), offers.call('GET', '/v1/affiliates')]);
    postgres.resume();
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    await works();
    const { rows } = await rig.pool.query(
      'select max(revision)::integer as newest, count(*)::integer as changes from offers.configuration_version',
    );
    expect(rows[0].newest).toBe(rows[0].changes); // no gap, whatever became of the changes that were answered 503
  }, 60_000);
});

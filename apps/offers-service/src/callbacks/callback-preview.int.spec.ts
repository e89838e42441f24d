import type { Callback, Page, Preview } from '@ringback/contracts';
import { anOffer, OffersRig, type OffersProcess } from '../testing/offers-rig.js';

const SECRETS = {
  basicAuth: { login: 'network', password: 'pass-Kq81' },
  requestParams: [
    { name: 'click', value: '{click_id}' },
    { name: 'key', value: 'param-Zx93', secret: true },
  ],
  requestHeaders: [{ name: 'X-Key', value: 'header-Vb27', secret: true }],
};

describe('a preview', () => {
  let rig: OffersRig;
  let offers: OffersProcess;
  let offer: Awaited<ReturnType<typeof anOffer>>;
  let plain: Record<string, unknown>;

  beforeAll(async () => {
    rig = await OffersRig.create();
    offers = await rig.start();
    offer = await anOffer(offers);
    plain = { affiliateId: offer.affiliateId, conversionStatus: 'done', url: 'https://t.example/?c={click_id}', httpType: 'GET' };
  });
  afterAll(() => rig.drop());

  it('shows the request of an unsaved callback, secrets masked, and stores nothing', async () => {
    const shown = await offers.call<Preview>('POST', `${offer.callbacks}/preview`, {
      callback: {
        ...plain,
        ...SECRETS,
        httpType: 'POST_JSON',
        requestParams: [...SECRETS.requestParams, { name: 'n', value: '{sub1}x', type: 'number' }],
      },
    });
    expect(shown).toMatchObject({
      status: 200,
      body: {
        method: 'POST',
        headers: expect.arrayContaining([
          { name: 'Authorization', value: 'Basic ***' },
          { name: 'X-Key', value: '***' },
        ]),
        warnings: [{ path: 'callback.requestParams.2.value' }],
      },
    });
    expect(JSON.parse(shown.body.body!)).toMatchObject({ key: '***', click: expect.any(String) });
    expect((await offers.call<Page<Callback>>('GET', offer.callbacks)).body.items).toEqual([]);
    expect(
      await offers.call('POST', `${offer.callbacks}/preview`, { callback: { ...plain, url: 'https://t.example/{clik_id}' } }),
    ).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'callback.url', message: expect.stringContaining('click_id') }] },
    });
    expect((await offers.call('POST', `${offer.callbacks}/preview`, { callback: plain, callbackId: 2_147_483_647 })).status).toBe(404);
  });

  it('renders a given conversion', async () => {
    const now = '2026-01-15T12:00:00.000Z';
    const shown = await offers.call<Preview>('POST', `${offer.callbacks}/preview`, {
      callback: { ...plain, url: 'https://t.example/?c={click_id}&g={goal_name}&a={affiliate_name}&o={offer_name}&e={event_type}' },
      conversion: {
        id: '019bc0de-0000-7000-8000-000000000001',
        version: 1,
        offerId: offer.offerId,
        affiliateId: offer.affiliateId,
        goalId: offer.goalId,
        status: 'done',
        rejectReason: null,
        clickId: 'a b',
        createdAt: now,
        statusAt: now,
      },
    });
    expect(shown.body.url).toBe('https://t.example/?c=a%20b&g=Deposit&a=Traffic%20Ltd&o=Casino&e=ConversionCreated');
  });

  it.each([
    ['GET', 'https://t.example/?c={click_id}', null, 'https://t.example/?c=a%20b%26&id=a%20b%26&sum=1.50&n=x%20y'],
    ['POST_FORM', 'https://t.example/', 'id=a+b%26&sum=1.50&n=x+y', 'https://t.example/'],
    ['POST_JSON', 'https://t.example/', '{"id":"a b&","sum":1.50,"n":"x y"}', 'https://t.example/'],
  ])('shows the exact URL and body of %s, and what could not be sent as a number', async (httpType, url, body, shownUrl) => {
    const now = '2026-01-15T12:00:00.000Z';
    const shown = await offers.call<Preview>('POST', `${offer.callbacks}/preview`, {
      callback: {
        ...plain,
        url,
        httpType,
        requestParams: [
          { name: 'id', value: '{click_id}' },
          { name: 'sum', value: '{payout}', type: 'number' },
          { name: 'n', value: 'x y', type: 'number' },
        ],
      },
      conversion: {
        id: '019bc0de-0000-7000-8000-000000000002',
        version: 1,
        offerId: offer.offerId,
        affiliateId: offer.affiliateId,
        goalId: null,
        status: 'done',
        rejectReason: null,
        clickId: 'a b&',
        payout: '1.50',
        currency: 'EUR',
        createdAt: now,
        statusAt: now,
      },
    });
    expect(shown).toMatchObject({ status: 200, body: { url: shownUrl, body } });
    const warned = httpType === 'POST_JSON' ? [{ path: 'callback.requestParams.2.value', message: expect.any(String) }] : [];
    expect(shown.body.warnings).toEqual(warned);
  });
});

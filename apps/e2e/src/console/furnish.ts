import { TOPICS } from '@ringback/contracts';
import { eventually } from '../harness/eventually.js';
import type { System } from '../harness/system.js';

/** What a furnished network holds, by the ids that screens are reached with. */
export interface Furniture {
  readonly offerId: number;
  readonly callbackId: number;
  readonly conversionId: string;
  /** Delivered at once. */
  readonly deliveredId: string;
  /** Fails, and is tried again. */
  readonly retryingId: string;
  readonly pauseId: number;
}

/** Fills every screen: offers with and without goals, callbacks of each type, deliveries that arrive, fail, wait and go again, a pause, a torn message. */
export async function furnish(system: System): Promise<Furniture> {
  const { network } = system;
  const inbox = system.inbox();
  inbox.answer('pixel', { status: 500, body: '{"error":"account suspended"}', headers: { 'content-type': 'application/json' } });
  const [ada, boreal, cobalt] = [
    await network.affiliate('Ada Traffic'),
    await network.affiliate('Boreal Media GmbH'),
    await network.affiliate('Cobalt Partners'),
  ];
  const games = await network.offer({ name: 'Bright Games: first deposit DE', goalsEnabled: true });
  const loans = await network.offer({ name: 'Quick Loans, sign-up' });
  await network.editOffer(loans.id, { status: 'paused' });
  const [signUp, deposit] = [await network.goal(games.id, 'Sign-up'), await network.goal(games.id, 'First deposit')];
  const callback = await network.callback(games.id, {
    affiliateId: ada!.id,
    conversionStatus: 'pending',
    name: 'Main tracker',
    url: inbox.url('postback?click={click_id}&sum={payout}&cur={currency}&s={status|map:pending=1,done=2}'),
  });
  await network.callback(games.id, {
    affiliateId: ada!.id,
    goalId: deposit.id,
    conversionStatus: 'done',
    httpType: 'POST_JSON',
    url: inbox.url('hooks/conversions'),
    requestParams: [
      { name: 'click.id', value: '{click_id}' },
      { name: 'payout', value: '{payout}', type: 'number' },
      { name: 'key', value: 'k-123', secret: true },
    ],
  });
  await network.callback(games.id, {
    affiliateId: boreal!.id,
    goalId: signUp.id,
    conversionStatus: 'pending',
    httpType: 'POST_FORM',
    url: inbox.url('form'),
    basicAuth: { login: 'boreal', password: 'secret' },
    enabled: false,
  });
  const failing = await network.callback(games.id, {
    affiliateId: ada!.id,
    conversionStatus: 'pending',
    url: inbox.url('pixel?id={transaction_id}'),
  });
  await network.callback(loans.id, {
    affiliateId: cobalt!.id,
    conversionStatus: 'rejected',
    url: inbox.url('rejected?why={reject_reason}'),
  });
  const conversion = await network.convert({
    offerId: games.id,
    affiliateId: ada!.id,
    goalId: deposit.id,
    transactionId: 'T-100042',
    clickId: 'c7f3e9a1b2',
    payout: '12.50',
    currency: 'EUR',
    sub1: 'spring banner',
    country: 'DE',
  });
  await network.batch(
    Array.from({ length: 12 }, (_, index) => ({
      offerId: games.id,
      affiliateId: index % 3 === 0 ? boreal!.id : ada!.id,
      status: index % 4 === 0 ? 'rejected' : 'done',
      transactionId: `T-2000${String(index).padStart(2, '0')}`,
      clickId: `c-${index}`,
      payout: `${4 + index}.00`,
      currency: 'EUR',
    })),
  );
  await network.setStatus(conversion.id, 'done');
  await system.publish(TOPICS.conversionsCommands, [{ key: 'torn', value: Buffer.from('{"specversion":"1.0","type":"RecordConversion"') }]);
  const pause = await network.call<{ id: number }>('/v1/pauses', {
    method: 'POST',
    body: { scope: 'destination', key: 'https://tracker.cobalt.example:443', reason: 'They asked us to wait until Monday' },
  });
  const deliveries = await eventually(async () => {
    const found = (await network.conversion(conversion.id)).deliveries;
    const delivered = found.find(({ status, callbackId }) => status === 'delivered' && callbackId === callback.id);
    const retrying = found.find(({ status }) => status === 'retrying');
    if (delivered === undefined || retrying === undefined) throw new Error('the deliveries are not there yet');
    return { deliveredId: delivered.id, retryingId: retrying.id };
  });
  const now = Date.now();
  await network.redeliverAll({
    filter: { offerId: games.id, status: 'delivered', from: new Date(now - 3_600_000).toISOString(), to: new Date(now).toISOString() },
    ratePerSecond: 1,
  });
  // Days later, as far as the dispatcher remembers.
  await system.sql(
    `update dispatcher.callback_health set failing_since = now() - interval '2 days', announced_days = 1 where callback_id = $1`,
    [failing.id],
  );
  return { offerId: games.id, callbackId: callback.id, conversionId: conversion.id, pauseId: pause.body.id, ...deliveries };
}

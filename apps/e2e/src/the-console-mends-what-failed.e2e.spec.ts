import { randomUUID } from 'node:crypto';
import { TOPICS } from '@ringback/contracts';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from './console/browser.js';
import { ConsolePage } from './console/console-page.js';
import { queryCacheOf, type QueryCache } from './console/query-cache.js';
import { eventually } from './harness/eventually.js';
import { sharedSystem, type System } from './harness/system.js';

/** Many trackers redirect once they have counted: it ends a delivery at once. */
const REDIRECTS = { status: 302, headers: { location: '/elsewhere' } };

/** Deliveries that did not arrive: how one sees it, finds out why, and makes them arrive. */
describe('the console', () => {
  let system: System;
  let browser: Browser;
  let console: ConsolePage;
  let page: Page;
  beforeAll(async () => {
    [system, browser] = await Promise.all([sharedSystem(), openBrowser()]);
    console = await (await ConsolePage.open(browser, system)).signIn();
    page = console.page;
  });
  afterAll(async () => {
    expect(console.faults).toEqual([]);
    await browser.close();
    await system.close();
  });

  /** An offer with one callback, its place at the receiver, and `count` conversions that it fires for. */
  async function scene({ answer = {} as object, count = 1, path = 'callback?c={click_id}' } = {}) {
    const { network } = system;
    const inbox = system.inbox();
    inbox.answer('', answer);
    const [affiliate, offer] = [await network.affiliate(), await network.offer()];
    const callback = await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url(path) });
    const item = { offerId: offer.id, affiliateId: affiliate.id, status: 'pending' };
    const { items } = await network.batch(Array.from({ length: count }, (_, index) => ({ ...item, clickId: `c-${index}` })));
    const [first] = items;
    if (first === undefined || !('conversion' in first)) throw new Error(`no conversion: ${JSON.stringify(first)}`);
    const statuses = async () => {
      const { length } = await network.deliveries({ callbackId: callback.id, status: 'exhausted', limit: 200 });
      return length;
    };
    return { network, inbox, offer, callback, conversionId: (first.conversion as { id: string }).id, exhausted: statuses };
  }

  async function deliveryOf(conversionId: string) {
    return eventually(async () => {
      const [delivery] = (await system.network.conversion(conversionId)).deliveries;
      if (delivery === undefined || delivery.attempts === 0) throw new Error('no attempt yet');
      return delivery;
    });
  }

  it('shows a delivery that fails with the time of its next attempt, and delivered by itself once its receiver is mended', async () => {
    const { inbox, conversionId } = await scene({ answer: { status: 500, body: 'account suspended' } });
    const { id } = await deliveryOf(conversionId);
    await console.goTo(`/deliveries/${id}`);
    await page.getByText('retrying', { exact: true }).waitFor();
    const summary = page.locator('dl').first();
    expect(await summary.innerText()).toMatch(/Next attempt\s+\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
    await page.getByRole('article', { name: 'Attempt 1' }).getByText('account suspended').waitFor();
    inbox.answer('', {});
    await page.getByText('delivered', { exact: true }).waitFor({ timeout: 40_000 });
    await page
      .getByRole('article', { name: /^Attempt [2-9]/ })
      .first()
      .waitFor();
  });

  it('says why a delivery was given up, and sends it again', async () => {
    const { inbox, conversionId } = await scene({ answer: REDIRECTS });
    const { id } = await deliveryOf(conversionId);
    await console.goTo(`/conversions/${conversionId}`);
    await page.getByText(/all its conditions were met/).waitFor();
    await page
      .getByText(/redirects to/)
      .first()
      .waitFor();
    await page.getByRole('link', { name: /^Delivery of callback/ }).click();
    await page.getByText('exhausted', { exact: true }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/deliveries/${id}`);
    inbox.answer('', {});
    await console.button('Resend').click();
    await console.dialog.getByRole('button', { name: 'Resend' }).click();
    await page.getByText('delivered', { exact: true }).waitFor();
    await page.getByRole('article', { name: 'Attempt 2' }).getByText('HTTP 200').first().waitFor();
    expect(inbox.requests().map(({ webhookId }) => webhookId)).toEqual([id, id]);
  });

  it('counts first what it would send again, sends that at a rate, shows how far it is, and takes back the rest', async () => {
    const { inbox, offer, exhausted } = await scene({ answer: REDIRECTS, count: 40 });
    await eventually(async () => expect(await exhausted()).toBe(40));
    const before = inbox.requests().length;
    inbox.answer('', {});
    await console.goTo(`/deliveries?offerId=${offer.id}&status=exhausted`);
    await console.shows('Deliveries');
    await console.button('Resend many').click();
    await console.dialog.getByRole('status').filter({ hasText: '40 deliveries would be sent' }).waitFor();
    expect(inbox.requests()).toHaveLength(before);
    await console.dialog.getByLabel('Rate per second').fill('2');
    await console.button('Resend 40').click();
    await console.shows('Redeliveries');
    const card = page.getByRole('article').filter({ has: page.getByText(new RegExp(`\\bofferId ${offer.id}(,|$)`)) });
    await card.getByText('running', { exact: true }).waitFor();
    const delivered = card.getByRole('progressbar', { name: 'Delivered' });
    await eventually(async () => expect(Number(await delivered.getAttribute('aria-valuenow'))).toBeGreaterThan(0), { timeoutMs: 30_000 });
    await card.getByRole('button', { name: 'Cancel' }).click();
    await console.button('Cancel it').click();
    await card.getByText('cancelled', { exact: true }).waitFor();
    const sent = inbox.requests().length - before;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(40);
    await eventually(async () => expect(await exhausted()).toBe(40 - (inbox.requests().length - before)));
  });

  it('shows beside a callback whose breaker holds it, what waits and when it is tried; and on the dashboard whose days are counted', async () => {
    const { offer, callback, network } = await scene({ answer: { status: 500 }, count: 15 });
    await console.goTo(`/offers/${offer.id}/callbacks`);
    const row = await console.row('Callbacks', 'GET');
    await row.getByText('Breaker open').waitFor({ timeout: 40_000 });
    await eventually(async () => expect(await row.innerText()).toMatch(/\d+ waiting\s+Tried at \d{4}/));

    // Days later, as far as the dispatcher remembers.
    await system.sql(
      `update dispatcher.callback_health set failing_since = now() - interval '2 days', announced_days = 1 where callback_id = $1`,
      [callback.id],
    );
    await console.goTo('/dashboard');
    await console.shows('Dashboard');
    const failing = page.getByRole('region', { name: 'Disabled and about to be disabled' });
    const named = failing.getByRole('row').filter({ has: page.getByRole('link', { name: String(callback.id), exact: true }) });
    await named.getByText('Failing').waitFor();
    await network.deleteCallback(offer.id, callback.id);
  });

  it('sends on its way again what could not be read, from the dead letters', async () => {
    const type = `ConversionDreamt-${randomUUID()}`;
    const event = { specversion: '1.0', id: randomUUID(), source: '/spec', time: '2026-03-01T12:00:00.000Z', type, data: {} };
    await system.publish(TOPICS.conversionsCommands, [{ key: '1:dreamt', value: Buffer.from(JSON.stringify(event)) }]);
    const letters = () =>
      system.sql(`select replayed_at from conversions.dead_letter where reason like '%' || $1 || '%' order by recorded_at`, [type]);
    await eventually(async () => expect(await letters()).toHaveLength(1), { timeoutMs: 30_000 });
    await console.goTo('/dead-letters?service=conversions-service&replayed=false');
    const row = await console.row('Dead letters', type);
    await row.getByRole('button', { name: /^Show/ }).click();
    await console.dialog.getByText(`"type":"${type}"`).waitFor();
    await console.dialog.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('It is on its way again.').waitFor();
    await eventually(async () => expect((await letters()).map((letter) => letter['replayed_at'] !== null)).toEqual([true, false]), {
      timeoutMs: 30_000,
    });
  });

  it('holds no more of a long log than it shows, however far one goes on in it', async () => {
    const { offer, network } = await scene({ count: 170 });
    await eventually(async () => {
      const found = await network.deliveries({ offerId: offer.id, status: 'delivered', limit: 200 });
      expect(found).toHaveLength(170);
    });
    const asked: URL[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname === '/v1/deliveries') asked.push(url);
    });
    await console.goTo(`/deliveries?offerId=${offer.id}&status=delivered`);
    const rows = page.getByRole('region', { name: 'Deliveries' }).locator('tbody tr');
    const links = page.getByRole('link', { name: /^Delivery / });
    const seen = new Set<string>();
    const held: QueryCache[] = [];
    const holdsOnePage = () => eventually(async () => expect((await queryCacheOf(page)).deliveries).toBeLessThanOrEqual(50));
    for (let number = 1; ; number++) {
      const first = await eventually(async () => {
        const label = await links.first().getAttribute('aria-label', { timeout: 1_000 });
        if (label === null || seen.has(label)) throw new Error(`page ${number} is not there yet`);
        return label;
      });
      seen.add(first);
      expect(await rows.count()).toBeLessThanOrEqual(50);
      await holdsOnePage();
      held.push(await queryCacheOf(page));
      if (number === 4) break;
      await console.button('Next page').click();
    }
    // Nor does anything else grow, such as names.
    expect(held.at(-1)!.queries).toBeLessThanOrEqual(held[1]!.queries);
    expect(held.at(-1)!.items).toBeLessThanOrEqual(held[1]!.items);
    for (let number = 4; number > 1; number--) await page.goBack();
    await eventually(async () => expect(seen.values().next().value).toBe(await links.first().getAttribute('aria-label')));
    await holdsOnePage();
    // The server filters: nothing else was ever asked for.
    expect(asked.length).toBeGreaterThanOrEqual(4);
    for (const { searchParams } of asked)
      expect(Object.fromEntries(searchParams)).toMatchObject({ offerId: String(offer.id), status: 'delivered' });
  });
});

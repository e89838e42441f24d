import type { Browser } from 'playwright-core';
import { openBrowser } from './console/browser.js';
import { ConsolePage } from './console/console-page.js';
import { furnish, type Furniture } from './console/furnish.js';
import { screensOf } from './console/screens.js';
import { eventually } from './harness/eventually.js';
import { sharedSystem, type System } from './harness/system.js';

describe('the console, whatever it has to show and wherever', () => {
  let system: System;
  let browser: Browser;
  let furniture: Furniture;
  beforeAll(async () => {
    [system, browser] = await Promise.all([sharedSystem(), openBrowser()]);
    furniture = await furnish(system);
  });
  afterAll(async () => {
    await browser.close();
    await system.close();
  });

  it('shows hostile data as text, its layout intact', async () => {
    const { network } = system;
    const inbox = system.inbox();
    const markup = '<img src=x onerror=alert(1)><script>alert(2)</script>';
    const rightToLeft = '\u202Etxt.exe \u05D0\u05D1 \u{1F4A3}\u{1F468}\u200D\u{1F469}\u200D\u{1F467}';
    const name = `${markup} ${rightToLeft} ${'W'.repeat(255)}`.slice(0, 255);
    inbox.answer('', { status: 400, body: `${markup}${rightToLeft}${'A'.repeat(10_000)}`, headers: { 'content-type': 'text/html' } });
    const [affiliate, offer] = [await network.affiliate(name), await network.offer({ name, goalsEnabled: true })];
    await network.goal(offer.id, name);
    const url = `${inbox.url('')}?q=${encodeURIComponent(markup)}&long=${'x'.repeat(3_500)}`;
    await network.callback(offer.id, { affiliateId: affiliate.id, name, url });
    const conversion = await network.convert({
      offerId: offer.id,
      affiliateId: affiliate.id,
      transactionId: name,
      sub1: 'y'.repeat(1_024),
      params: { plan: markup },
    });
    const delivery = await eventually(async () => {
      const [found] = (await network.conversion(conversion.id)).deliveries;
      if (found === undefined || found.attempts === 0) throw new Error('no attempt yet');
      return found;
    });
    const console = await ConsolePage.open(browser, system, { width: 1024, height: 800 });
    const { page } = console;
    await console.signIn();
    const paths = [
      // By what it is called: other offers may fill the first page.
      '/offers?search=onerror',
      `/offers/${offer.id}`,
      `/offers/${offer.id}/goals`,
      `/offers/${offer.id}/callbacks`,
      `/conversions/${conversion.id}`,
      `/deliveries?offerId=${offer.id}`,
      `/deliveries/${delivery.id}`,
      '/affiliates?search=onerror',
    ];
    for (const path of paths) {
      await console.goTo(path);
      await page
        .getByText(/<img src=x|txt\.exe|400/)
        .first()
        .waitFor();
      // What is too wide scrolls in its own place, never the page.
      expect({ path, width: await page.evaluate('document.documentElement.scrollWidth') }).toEqual({ path, width: 1024 });
    }
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(console.faults).toEqual([]);
    await console.close();
  });

  it('runs no inline script, whatever gets into it', async () => {
    const console = await ConsolePage.open(browser, system);
    const { page } = console;
    await page.goto('/');
    await page.evaluate(`document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.hostile = true' }))`);
    expect(await page.evaluate('window.hostile')).toBeUndefined();
    expect(console.faults.join('\n')).toMatch(/content security policy/i);
    await console.close();
  });

  it('can be read on a phone, every screen of it', async () => {
    const console = await ConsolePage.open(browser, system, { width: 390, height: 844 });
    await console.signIn();
    for (const screen of (await screensOf(system)).filter(({ name }) => !/^(new-|resend-)/.test(name))) {
      await screen.open(console, furniture);
      const width = await console.page.evaluate('document.documentElement.scrollWidth');
      expect({ screen: screen.name, width }).toEqual({ screen: screen.name, width: 390 });
    }
    await console.close();
  });
});

import type { Browser, Page } from 'playwright-core';
import { openBrowser } from './console/browser.js';
import { ConsolePage } from './console/console-page.js';
import { choose, press, tabTo, type } from './console/keyboard.js';
import { eventually } from './harness/eventually.js';
import { sharedSystem, type System } from './harness/system.js';

/** The console in a real browser, served by the gateway, on the whole system. */
describe('the console', () => {
  let system: System;
  let browser: Browser;
  const opened: ConsolePage[] = [];
  beforeAll(async () => {
    [system, browser] = await Promise.all([sharedSystem(), openBrowser()]);
  });
  afterEach(async () => {
    const faults = opened.flatMap((console) => console.faults);
    await Promise.all(opened.splice(0).map((console) => console.close()));
    expect(faults).toEqual([]);
  });
  afterAll(async () => {
    await browser.close();
    await system.close();
  });

  async function signedIn(path = '/') {
    const console = await ConsolePage.open(browser, system);
    opened.push(console);
    return console.signIn(path);
  }

  /** An offer with a callback of an affiliate, and its place at the receiver. */
  async function scene(options: { goalsEnabled?: boolean } = {}) {
    const { network } = system;
    const inbox = system.inbox();
    const [affiliate, offer] = [await network.affiliate(), await network.offer(options)];
    const callback = await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('first') });
    return { network, inbox, affiliate, offer, callback };
  }

  const dialog = (page: Page) => page.getByRole('dialog');
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });

  it('takes an admin from a new offer with goals and callbacks of every type to deliveries that arrive live', async () => {
    const { network } = system;
    const inbox = system.inbox();
    const affiliate = await network.affiliate('Mouse Media');
    const console = await signedIn();
    const { page } = console;

    await console.shows('Manage Offers');
    await button(page, 'New Offer').first().click();
    await page.getByLabel('Name', { exact: true }).fill('Clicked together');
    await dialog(page).getByRole('switch', { name: 'Enabled Goals' }).check();
    await button(page, 'Save').click();
    await console.shows('Clicked together');
    const offerId = Number(new URL(page.url()).pathname.split('/')[2]);
    await page.getByLabel('Name of the new goal').fill('Sign-up');
    await button(page, 'New Goal').click();
    await page.getByLabel(/^Name of goal/).waitFor();
    await page.getByRole('tab', { name: 'Callbacks' }).click();

    for (const httpType of ['GET', 'POST(FORM)', 'POST(JSON)']) {
      await button(page, 'New Callback').first().click();
      await dialog(page).getByPlaceholder('Search by name').fill('Mouse Media');
      await page.getByRole('option', { name: new RegExp(`\\(${affiliate.id}\\)`) }).click();
      if (httpType === 'GET') {
        await dialog(page).getByPlaceholder('Any goal, and none').click();
        await page.getByRole('option', { name: /Sign-up/ }).click();
      }
      await dialog(page).getByRole('radio', { name: 'Pending' }).check();
      await dialog(page)
        .getByPlaceholder(/^https:/)
        .fill(inbox.url(`${httpType.replace(/\W/g, '')}?c={click_id}`));
      await dialog(page).getByRole('radio', { name: httpType }).check();
      if (httpType !== 'GET') {
        await dialog(page).getByRole('button', { name: 'Add param' }).click();
        await dialog(page).getByLabel('Name of param 1').fill('sum');
        await dialog(page).getByLabel('Value of param 1').fill('{payout}');
      }
      await dialog(page)
        .getByText(/c=c7f3e9a1b2/)
        .waitFor();
      await button(page, 'Save').click();
      await dialog(page).waitFor({ state: 'detached' });
    }
    const rows = page.getByRole('region', { name: 'Callbacks' }).getByRole('row');
    await eventually(async () => expect(await rows.count()).toBe(4));

    // Goals off: the goal is kept, through an edit too, and counts again.
    await page.getByRole('tab', { name: 'Goals' }).click();
    await page.getByRole('switch', { name: 'Enabled Goals' }).click();
    await page.getByText(/^Off: goals are ignored/).waitFor();
    await page.getByRole('tab', { name: 'Callbacks' }).click();
    await page
      .getByRole('button', { name: /^Edit callback/ })
      .first()
      .click();
    await dialog(page)
      .getByText(/is kept\. Goals are off/)
      .waitFor();
    await dialog(page)
      .getByPlaceholder(/^https:/)
      .fill(inbox.url('GET?edited={click_id}'));
    await button(page, 'Save').click();
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByRole('tab', { name: 'Goals' }).click();
    await page.getByRole('switch', { name: 'Enabled Goals' }).click();
    await page.getByText(/^On: a callback with a goal/).waitFor();

    await console.goTo(`/deliveries?offerId=${offerId}&live=1`);
    await page.getByText('No delivery matches').waitFor();
    const offer = (await network.call<{ goals: { id: number }[] }>(`/v1/offers/${offerId}`)).body;
    const body = { offerId, affiliateId: affiliate.id, goalId: offer.goals[0]!.id, clickId: 'k-1', payout: '3.00', currency: 'EUR' };
    const conversion = await network.convert(body);
    // Nobody touches the page: its list fills by itself.
    const log = page.getByRole('region', { name: 'Deliveries' });
    await eventually(async () => expect(await log.getByText('delivered', { exact: true }).count()).toBe(3), { timeoutMs: 20_000 });
    expect(inbox.paths().sort()).toEqual(['GET?edited=k-1', 'POSTFORM?c=k-1', 'POSTJSON?c=k-1']);
    await page
      .getByRole('link', { name: /^Delivery/ })
      .first()
      .click();
    await page
      .getByRole('article', { name: 'Attempt 1' })
      .getByText(/webhook-id/)
      .waitFor();

    // Why each of them fired, in words.
    await console.goTo(`/conversions/${conversion.id}`);
    await eventually(async () => expect(await page.getByText(/all its conditions were met/).count()).toBe(3));
  });

  it('is used with the keyboard alone, macros completed as they are typed: from the sign-in to a delivery that is sent again', async () => {
    const { network } = system;
    const inbox = system.inbox();
    const affiliate = await network.affiliate('Keyboard Media');
    const console = await ConsolePage.open(browser, system);
    opened.push(console);
    const { page } = console;
    await page.goto('/');
    await type(page, page.getByLabel('Email'), system.admin.email);
    await type(page, page.getByLabel('Password', { exact: true }), system.admin.password);
    await page.keyboard.press('Enter');
    await console.shows('Manage Offers');
    await press(page, button(page, 'New Offer').first());
    await type(page, page.getByLabel('Name', { exact: true }), 'Typed together');
    await page.keyboard.press('Enter');
    await console.shows('Typed together');
    await press(page, button(page, 'New Callback').first());
    await type(page, dialog(page).getByPlaceholder('Search by name'), 'Keyboard Media');
    await page.getByRole('option', { name: new RegExp(`\\(${affiliate.id}\\)`) }).waitFor();
    // Until the answer is there the list has the others too.
    await eventually(async () => expect(await page.getByRole('option').count()).toBe(1));
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const url = dialog(page).getByPlaceholder(/^https:/);
    await type(page, url, inbox.url('?c={clic'));
    await page.getByRole('option', { name: /^\{click_id\}/ }).waitFor();
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await url.inputValue()).toBe(inbox.url('?c={click_id}')));
    await page.keyboard.type('&x={nope}');
    // The API's word, under the field, before anything is saved.
    await dialog(page)
      .getByText(/unknown macro/i)
      .first()
      .waitFor();
    expect(await url.getAttribute('aria-invalid')).toBe('true');
    for (let key = 0; key < '&x={nope}'.length; key++) await page.keyboard.press('Backspace');
    await dialog(page)
      .getByText(/c=c7f3e9a1b2/)
      .waitFor();
    await press(page, button(page, 'Save'));
    await dialog(page).waitFor({ state: 'detached' });
    const offerId = Number(new URL(page.url()).pathname.split('/')[2]);
    const conversion = await network.convert({ offerId, affiliateId: affiliate.id, status: 'done', clickId: 'k-2' });
    await eventually(async () => expect((await network.conversion(conversion.id)).deliveries).toMatchObject([{ status: 'delivered' }]), {
      timeoutMs: 40_000,
    });
    await press(page, button(page, /^More for callback/));
    await choose(page, page.getByRole('menuitem', { name: 'Deliveries' }));
    await press(page, page.getByRole('link', { name: /^Delivery / }));
    await press(page, button(page, 'Resend'));
    await press(page, dialog(page).getByRole('button', { name: 'Resend' }));
    await page.getByRole('article', { name: 'Attempt 2' }).waitFor();
    expect(inbox.paths()).toEqual(['?c=k-2', '?c=k-2']);

    // Deleting can be undone, by keyboard too.
    await console.goTo(`/offers/${offerId}/callbacks`);
    await press(page, button(page, /^More for callback/));
    await choose(page, page.getByRole('menuitem', { name: 'Delete' }));
    await page.getByText('No callbacks yet').waitFor();
    await press(page, button(page, 'Undo'));
    await page.getByRole('button', { name: /^Edit callback/ }).waitFor();
  });

  it('loses nothing that was typed when the session ends: it asks to sign in again and repeats the request', async () => {
    const { offer, callback, network } = await scene();
    const console = await signedIn(`/offers/${offer.id}/callbacks`);
    const { page } = console;
    await page.getByRole('button', { name: `Edit callback ${callback.id}` }).click();
    // The token is no longer taken, as after 15 minutes: the gateway itself says so.
    const stale = 'Bearer of-another-time';
    await page.context().clearCookies();
    let isStale = true;
    await page.route('**/v1/**', (route) => {
      if (route.request().url().includes('/auth/')) isStale = false;
      // What the page asks by itself meanwhile would have the dialog come before Save.
      const isSave = route.request().method() === 'PATCH';
      return route.continue(isStale && isSave ? { headers: { ...route.request().headers(), authorization: stale } } : {});
    });
    const url = dialog(page).getByPlaceholder(/^https:/);
    await url.fill('https://tracker.example.com/typed-while-expired');
    await button(page, 'Save').click();
    await page.getByText(/Your session has ended/).waitFor();
    await page.getByLabel('Password', { exact: true }).last().fill('wrong');
    await button(page, 'Sign in').click();
    await page.getByText(/email or the password is wrong/i).waitFor();
    expect(await url.inputValue()).toBe('https://tracker.example.com/typed-while-expired');
    await console.fillSignIn();
    await page.getByText(`Callback ${callback.id} is saved.`).waitFor();
    const saved = await network.call<{ url: string }>(`/v1/offers/${offer.id}/callbacks/${callback.id}`);
    expect(saved.body.url).toBe('https://tracker.example.com/typed-while-expired');
  });

  it('shows what another person changed meanwhile, and lets one decide', async () => {
    const { offer, callback, network } = await scene();
    const first = await signedIn(`/offers/${offer.id}/callbacks`);
    const second = await first.tab();
    opened.push(second);
    await second.signIn(`/offers/${offer.id}/callbacks`);
    for (const { page } of [first, second]) await page.getByRole('button', { name: `Edit callback ${callback.id}` }).click();
    await dialog(second.page)
      .getByPlaceholder(/^https:/)
      .fill('https://theirs.example.com/');
    await dialog(second.page).getByRole('radio', { name: 'Done' }).check();
    await button(second.page, 'Save').click();
    await dialog(second.page).waitFor({ state: 'detached' });

    const { page } = first;
    await dialog(page)
      .getByPlaceholder(/^https:/)
      .fill('https://mine.example.com/');
    await button(page, 'Save').click();
    const conflict = dialog(page).getByRole('alert');
    await conflict.getByText('Someone else saved this meanwhile').waitFor();
    await conflict.getByText('https://theirs.example.com/').waitFor();
    await conflict.getByText('https://mine.example.com/').waitFor();
    await button(page, 'Save mine').click();
    await dialog(page).waitFor({ state: 'detached' });
    // Mine where I typed, theirs where I did not.
    const saved = await network.call(`/v1/offers/${offer.id}/callbacks/${callback.id}`);
    expect(saved.body).toMatchObject({ url: 'https://mine.example.com/', conversionStatus: 'done', version: 3 });
  });

  it('says what is wrong when the API is slow, broken or away, and keeps what was typed', async () => {
    const { offer } = await scene();
    const console = await signedIn('/affiliates');
    const { page } = console;
    await console.shows('Affiliates');
    const held = Promise.withResolvers<void>();
    await page.route('**/v1/offers?**', async (route) => {
      await held.promise;
      await route.continue();
    });
    await page.route('**/v1/offers', async (route) => {
      if (route.request().method() === 'GET') await held.promise;
      return route.fallback();
    });
    await console.goTo('/offers');
    await page.locator('.mantine-Skeleton-root').first().waitFor();
    held.resolve();
    await page.getByRole('button', { name: 'New Offer' }).first().waitFor();
    await page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });

    await page.route(`**/v1/offers/${offer.id}/**`, (route) =>
      route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
    );
    await console.goTo(`/offers/${offer.id}/callbacks`);
    await page.getByText('Callbacks cannot be shown').waitFor();
    await page.unroute(`**/v1/offers/${offer.id}/**`);
    await button(page, 'Try again').click();
    await page.getByRole('button', { name: /^Edit callback/ }).waitFor();

    await page.context().setOffline(true);
    await button(page, 'New Callback').first().click();
    await dialog(page)
      .getByPlaceholder(/^https:/)
      .fill('https://typed.example.com/while-offline');
    await button(page, 'Cancel').click();
    await button(page, 'Go on editing').click();
    expect(
      await dialog(page)
        .getByPlaceholder(/^https:/)
        .inputValue(),
    ).toBe('https://typed.example.com/while-offline');
    await page.context().setOffline(false);
    await tabTo(page, button(page, 'Save'));
  });
});

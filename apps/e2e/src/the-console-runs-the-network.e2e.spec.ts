import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from './console/browser.js';
import { ConsolePage } from './console/console-page.js';
import { eventually } from './harness/eventually.js';
import { Network } from './harness/network.js';
import { sharedSystem, type System } from './harness/system.js';

/** What an admin sets up with the console: callbacks, people, keys; and how one finds out who did what. */
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

  /** An offer with one callback, and its place at the receiver. */
  async function scene() {
    const { network } = system;
    const inbox = system.inbox();
    const [affiliate, offer] = [await network.affiliate(), await network.offer()];
    const callback = await network.callback(offer.id, { affiliateId: affiliate.id, url: inbox.url('first?c={click_id}') });
    const read = async (id = callback.id) =>
      (await network.call<{ url: string; enabled: boolean; version: number }>(`/v1/offers/${offer.id}/callbacks/${id}`)).body;
    return { network, inbox, offer, callback, read };
  }

  it('helps with the URL: macros are searched for and go in at the cursor, those of another platform become ours, a test is one real request', async () => {
    const { offer, callback, inbox } = await scene();
    inbox.answer('converted', { body: 'thank you' });
    await page.goto(`/offers/${offer.id}/callbacks`);
    const { dialog } = console;
    await console.button(`Edit callback ${callback.id}`).click();
    const url = dialog.getByPlaceholder(/^https:/);
    await url.fill('https://tracker.example.com/?sum=&b=2');
    for (let character = 0; character < '&b=2'.length; character++) await page.keyboard.press('ArrowLeft');
    await console.button('Insert a macro into the URL').click();
    await page.getByLabel('Search macros').fill('affiliate earns');
    await page.getByRole('option', { name: /^\{payout\}/ }).click();
    await eventually(async () => expect(await url.inputValue()).toBe('https://tracker.example.com/?sum={payout}&b=2'));

    await url.fill('');
    await page.keyboard.insertText(inbox.url('converted?cid={clickid}&sum={sum}&x={nothing_here}'));
    const offered = dialog.getByRole('status').filter({ hasText: 'looks like one of Affise' });
    await offered.getByText('{nothing_here}').waitFor();
    await console.button('Convert from Affise').click();
    await eventually(async () => expect(await url.inputValue()).toContain('converted?cid={click_id}&sum={payout}&x={nothing_here}'));
    await dialog
      .getByText(/unknown macro/i)
      .first()
      .waitFor();
    await url.fill(inbox.url('converted?cid={click_id}&sum={payout}'));
    expect(await console.button('Send test').isDisabled()).toBe(true);
    await console.button('Save').click();
    await dialog.waitFor({ state: 'detached' });

    await console.button(`Edit callback ${callback.id}`).click();
    await console.button('Send test').click();
    await dialog.getByText('Delivered', { exact: true }).waitFor();
    await dialog.getByText(/webhook-id: test_/).waitFor();
    await dialog.getByText('thank you').waitFor();
    await dialog.getByText(/In all \d+\.\d ms/).waitFor();
    expect(inbox.paths()).toEqual([expect.stringMatching(/^converted\?cid=\w+&sum=[\d.]+$/)]);
  });

  it('copies, disables, enables and deletes callbacks, takes a deletion back, and restores what one was before', async () => {
    const { network, inbox, offer, callback, read } = await scene();
    await network.editCallback(offer.id, callback.id, { url: inbox.url('second') });
    await page.goto(`/offers/${offer.id}/callbacks`);
    const { dialog } = console;
    const menu = async (id: number, item: string) => {
      await console.button(`More for callback ${id}`).click();
      await page.getByRole('menuitem', { name: item }).click();
    };
    await menu(callback.id, 'Duplicate');
    await console.button('Save').click();
    await dialog.waitFor({ state: 'detached' });
    const edits = page.getByRole('button', { name: /^Edit callback/ });
    await eventually(async () => expect(await edits.count()).toBe(2));
    const copyId = Number(/\d+/.exec((await edits.last().getAttribute('aria-label'))!)![0]);
    expect(await read(copyId)).toMatchObject({ url: inbox.url('second'), enabled: true });

    await menu(copyId, 'Disable');
    await page.getByText(`Callback ${copyId} is disabled. What it has waiting is kept.`).waitFor();
    expect(await read(copyId)).toMatchObject({ enabled: false });
    await menu(copyId, 'Enable');
    await page.getByText(`Callback ${copyId} fires again.`).waitFor();
    expect(await read(copyId)).toMatchObject({ enabled: true });
    await menu(copyId, 'Delete');
    await page.getByText(`Callback ${copyId} is deleted.`).waitFor();
    await eventually(async () => expect(await edits.count()).toBe(1));
    await console.button('Undo').click();
    await page.getByText(`Callback ${copyId} is back.`).waitFor();
    await eventually(async () => expect(await edits.count()).toBe(2));

    await menu(callback.id, 'History');
    const changes = page.getByRole('article', { name: 'Version 2' });
    await changes.getByText(inbox.url('first?c={click_id}')).waitFor();
    await changes.getByText(inbox.url('second')).waitFor();
    await console.button('Restore version 1').click();
    await dialog.getByRole('button', { name: 'Restore' }).click();
    await page.getByRole('article', { name: 'Version 3' }).waitFor();
    expect(await read()).toMatchObject({ version: 3, url: inbox.url('first?c={click_id}') });
  });

  it('invites people by a link that holds once, changes what they may do, and shows them out; their password is theirs to change', async () => {
    const email = `grace-${randomUUID()}@example.com`;
    const password = 'correct horse battery staple';
    const admin = console;
    await page.goto('/users');
    await admin.button('Invite a user').click();
    await admin.dialog.getByLabel('Email').fill(email);
    await admin.button('Invite').click();
    const link = (await admin.dialog.getByText(/\/invitation\//).innerText()).trim();
    await admin.button('Done').click();
    expect(await (await admin.row('Users', email)).innerText()).toMatch(/manager[\s\S]*invited/i);

    const guest = await ConsolePage.open(browser, system);
    const theirs = guest.page;
    const accept = async () => {
      await theirs.goto(link);
      for (const field of ['New password', 'Once more']) await theirs.getByLabel(field).fill(password);
      await guest.button('Set it').click();
    };
    await accept();
    await theirs.getByLabel('Email').waitFor();
    await accept();
    await theirs.getByText('It is not set').waitFor();
    await theirs.goto('/');
    await guest.fillSignIn({ email, password });
    await guest.shows('Manage Offers');

    await guest.goTo('/profile');
    await theirs.getByLabel('Current password').fill(password);
    await theirs.getByLabel('New password').fill('too short');
    await guest.button('Change it').click();
    await theirs.getByText('must have at least 15 characters: several words do well', { exact: true }).waitFor();
    const changed = `${password} of my own`;
    await theirs.getByLabel('New password').fill(changed);
    await guest.button('Change it').click();
    await theirs.getByText('Your password is changed.').waitFor();
    await guest.button('Sign out').click();
    await guest.fillSignIn({ email, password: changed });

    const choose = async (item: RegExp) => {
      await admin.button(`Manage ${email}`).click();
      await admin.page.getByRole('menuitem', { name: item }).click();
    };
    const stands = (what: RegExp) =>
      eventually(async () => expect(await (await admin.row('Users', email)).innerText()).toMatch(what), { timeoutMs: 20_000 });
    // They joined after the list was read: the first change is refused, and shows what they are now.
    await choose(/^Make viewer/);
    await admin.page.getByText(`${email} is not changed`).waitFor();
    await stands(/manager[\s\S]*active/i);
    await choose(/^Make viewer/);
    await stands(/viewer[\s\S]*active/i);
    await guest.goTo('/affiliates');
    await guest.button('New Affiliate').first().click();
    await guest.dialog.getByLabel('Name').fill('Not allowed');
    await guest.button('Save').click();
    await guest.dialog.getByText(/Ask an admin for another role/).waitFor();

    await choose(/^Disable/);
    await admin.dialog.getByRole('button', { name: 'Disable' }).click();
    await stands(/disabled/i);
    await guest.button('Save').click();
    await theirs.getByText(/Your session has ended/).waitFor();
    await theirs.getByLabel('Password', { exact: true }).last().fill(changed);
    await guest.button('Sign in').click();
    await theirs.getByText('Not signed in').waitFor();
    expect(guest.faults).toEqual([]);
    await guest.close();
  });

  it('shows an API key once, limits it to offers, and revokes it for good', async () => {
    const { network, offer } = await scene();
    const other = await network.offer();
    const name = `tracker ${randomUUID()}`;
    await page.goto('/api-keys');
    const { dialog } = console;
    await console.button('New API key').click();
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByRole('combobox', { name: 'Role' }).click();
    await page.getByRole('option', { name: /^viewer/ }).click();
    await dialog.getByLabel('Offer IDs').fill(String(offer.id));
    await page.keyboard.press('Enter');
    await console.button('Save').click();
    const key = (await dialog.getByText(/^rbk_/).innerText()).trim();
    await console.button('Done').click();
    const row = await console.row('API keys', name);
    expect(await row.innerText()).toMatch(new RegExp(`viewer[\\s\\S]*${offer.id}`));
    expect(await page.getByText(key).count()).toBe(0);

    const holder = new Network(system.network.baseUrl, key);
    expect((await holder.call(`/v1/offers/${offer.id}`)).status).toBe(200);
    expect((await holder.call(`/v1/offers/${other.id}`)).status).toBe(404);
    await row.getByRole('button', { name: `Revoke ${name}` }).click();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText(`The key “${name}” is revoked.`).waitFor();
    await eventually(async () => expect((await holder.call(`/v1/offers/${offer.id}`)).status).toBe(401));
  });

  it('tells who did what to an offer, and what it was before', async () => {
    const { network, offer } = await scene();
    await network.editOffer(offer.id, { name: 'Renamed for the record' });
    await page.goto('/audit-log');
    const { dialog } = console;
    await console.shows('Audit log');
    await page.getByLabel('To', { exact: true }).fill(`offers/${offer.id}`);
    await page.keyboard.press('Enter');
    const entries = page.getByRole('region', { name: 'Audit log' }).getByRole('row');
    // The heading, the edit, the callback, the offer itself.
    await eventually(async () => expect(await entries.count()).toBe(4));
    await page.getByLabel('Did').fill('editOffer');
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await entries.count()).toBe(2));
    await console.button(/^Show entry/).click();
    await dialog.getByText(/"name": "Bright Games"/).waitFor();
    await dialog
      .getByText(/"name": "Renamed for the record"/)
      .first()
      .waitFor();
  });

  it('says that it is offline, keeps what is typed, and saves it once the connection is back', async () => {
    const { offer, callback, inbox, read } = await scene();
    await page.goto(`/offers/${offer.id}/callbacks`);
    const { dialog } = console;
    await console.button(`Edit callback ${callback.id}`).click();
    const url = dialog.getByPlaceholder(/^https:/);
    await url.fill(inbox.url('typed-before'));
    await page.context().setOffline(true);
    await page.getByText(/You are offline/).waitFor();
    await url.fill(inbox.url('typed-while-offline'));
    await console.button('Save').click();
    await dialog
      .getByText(/What you typed is kept/)
      .first()
      .waitFor();
    expect(await url.inputValue()).toBe(inbox.url('typed-while-offline'));
    await page.context().setOffline(false);
    await page.getByText(/You are offline/).waitFor({ state: 'detached' });
    await console.button('Save').click();
    await dialog.waitFor({ state: 'detached' });
    expect((await read()).url).toBe(inbox.url('typed-while-offline'));
  });
});

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '@ringback/testbed';
import type { Browser } from 'playwright-core';
import { openBrowser } from './console/browser.js';
import { ConsolePage } from './console/console-page.js';
import { furnish, type Furniture } from './console/furnish.js';
import { screensOf } from './console/screens.js';
import { sharedSystem, type System } from './harness/system.js';

/** `npm run screenshots`: every screen, light and dark, on a laptop and on a phone too, into `.local/screenshots`. No part of `npm test`. */
const folder = join(WORKSPACE, '.local', 'screenshots');

describe('pictures of every screen', () => {
  let system: System;
  let browser: Browser;
  let furniture: Furniture;
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    [system, browser] = await Promise.all([sharedSystem(), openBrowser()]);
    furniture = await furnish(system);
  });
  afterAll(async () => {
    await browser.close();
    await system.close();
  });

  it.each([
    { colours: 'light', width: 1440, height: 900, prefix: '' },
    { colours: 'dark', width: 1440, height: 900, prefix: '' },
    { colours: 'light', width: 1024, height: 768, prefix: 'narrow-' },
    { colours: 'dark', width: 390, height: 844, prefix: 'phone-' },
  ] as const)('$colours, $width px', async ({ prefix, ...options }) => {
    const console = await ConsolePage.open(browser, system, options);
    const { page } = console;
    const take = (name: string) =>
      page.screenshot({ path: join(folder, `${prefix}${name}-${options.colours}.png`), animations: 'disabled', fullPage: prefix !== '' });
    await page.goto('/');
    await page.getByLabel('Email').waitFor();
    await take('sign-in');
    await console.fillSignIn();
    for (const screen of await screensOf(system)) {
      await screen.open(console, furniture);
      await take(screen.name);
    }
    await console.close();
  });
});

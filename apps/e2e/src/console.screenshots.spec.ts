import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '@ringback/testbed';
import type { Browser } from 'playwright-core';
import { openBrowser } from './console/browser.js';
import { ConsolePage, type Colours } from './console/console-page.js';
import { furnish, type Furniture } from './console/furnish.js';
import { screensOf } from './console/screens.js';
import { sharedSystem, type System } from './harness/system.js';

/** `npm run screenshots`: every screen, light and dark, into `.local/screenshots`. No part of `npm test`. */
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

  it.each<Colours>(['light', 'dark'])('%s', async (colours) => {
    const console = await ConsolePage.open(browser, system, { colours });
    const { page } = console;
    const take = (name: string) => page.screenshot({ path: join(folder, `${name}-${colours}.png`), animations: 'disabled' });
    await page.goto('/');
    await page.getByLabel('Email').waitFor();
    await take('sign-in');
    await console.fillSignIn();
    const screens = await screensOf(system);
    for (const screen of screens) {
      await screen.open(console, furniture);
      await take(screen.name);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    for (const name of ['manage-offers', 'deliveries', 'offer-callbacks']) {
      await screens.find((screen) => screen.name === name)!.open(console, furniture);
      await take(`phone-${name}`);
    }
    await console.close();
  });
});

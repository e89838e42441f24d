import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { openBrowser } from './console/browser.js';
import { ConsolePage } from './console/console-page.js';
import { furnish, type Furniture } from './console/furnish.js';
import { screensOf } from './console/screens.js';
import { sharedSystem, type System } from './harness/system.js';

/** WCAG 2.2 AA, and what axe holds to be good practice beside it. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

describe('every screen of the console', () => {
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

  /**
   * In legacy mode axe needs no page of its own for each result: there are no frames to join. Colours are all that differs between light and dark.
   * @returns what axe finds, in a form that names the place.
   */
  async function violations({ page }: ConsolePage): Promise<string[]> {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    const light = await new AxeBuilder({ page }).setLegacyMode().withTags(RULES).analyze();
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
    const dark = await new AxeBuilder({ page }).setLegacyMode().withRules(['color-contrast', 'link-in-text-block']).analyze();
    return [...light.violations, ...dark.violations].flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${any[0]?.message ?? ''} ${html.slice(0, 200)}`),
    );
  }

  it('can be used by everyone: axe finds nothing, light and dark', async () => {
    const console = await ConsolePage.open(browser, system);
    await console.page.goto('/');
    await console.page.getByLabel('Email').waitFor();
    expect({ 'sign-in': await violations(console) }).toEqual({ 'sign-in': [] });
    await console.fillSignIn();
    for (const screen of await screensOf(system)) {
      await screen.open(console, furniture);
      expect({ [screen.name]: await violations(console) }).toEqual({ [screen.name]: [] });
    }
    expect(console.faults).toEqual([]);
    await console.close();
    // Some twenty screens, looked through twice each.
  }, 400_000);
});

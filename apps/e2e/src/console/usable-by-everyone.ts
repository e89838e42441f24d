import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { eventually } from '../harness/eventually.js';
import { sharedSystem, type System } from '../harness/system.js';
import { openBrowser } from './browser.js';
import { ConsolePage, type Colours } from './console-page.js';
import { furnish, type Furniture } from './furnish.js';
import { untouchedByTab } from './keyboard.js';
import { screensOf, type Screen } from './screens.js';

/** WCAG 2.2 AA, and what axe holds to be good practice beside it. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Runs in the page. What goes on for ever, such as the dot of a live list, is no change of colours. */
const FADING = `document.getAnimations()
  .filter(({ playState, effect }) => playState === 'running' && effect.getTiming().iterations !== Infinity)
  .map(({ effect }) => effect.target?.outerHTML.slice(0, 100))`;

/** Each screen of an area: what axe finds, in light and in dark, and what of it no keyboard gets to. */
export function describeUsable(area: Screen['area']): void {
  describe(`every screen for ${area} offers`, () => {
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

    it('can be used by everyone: axe finds nothing, light and dark, and Tab leads to everything', async () => {
      const console = await ConsolePage.open(browser, system);
      const { page } = console;
      await page.goto('/');
      await page.getByLabel('Email').waitFor();
      expect({ 'sign-in': await complaints(page) }).toEqual({ 'sign-in': [] });
      await console.fillSignIn();
      for (const screen of (await screensOf(system)).filter((one) => one.area === area)) {
        await screen.open(console, furniture);
        expect({ [screen.name]: await complaints(page) }).toEqual({ [screen.name]: [] });
      }
      expect(console.faults).toEqual([]);
      await console.close();
      // Some twelve screens, looked through twice each and walked through once.
    }, 240_000);
  });
}

async function complaints(page: Page): Promise<string[]> {
  await wear(page, 'light');
  const light = await axe(page).withTags(RULES).analyze();
  const untouched = await untouchedByTab(page);
  await wear(page, 'dark');
  // Colours are all that differs.
  const dark = await axe(page).withRules(['color-contrast', 'link-in-text-block']).analyze();
  const found = [...light.violations, ...dark.violations].flatMap(({ id, nodes }) =>
    nodes.map(({ html, any }) => `${id}: ${any[0]?.message ?? ''} ${html.slice(0, 200)}`),
  );
  return [...found, ...untouched.map((html) => `no keyboard gets to ${html}`)];
}

/** In legacy mode axe needs no page of its own for each result: there are no frames to join. */
function axe(page: Page): AxeBuilder {
  return new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
}

/** Changes the colours, and waits until nothing fades any more: half-way colours have no contrast to measure. */
async function wear(page: Page, colours: Colours): Promise<void> {
  await page.emulateMedia({ colorScheme: colours, reducedMotion: 'reduce' });
  await page.locator(`html[data-mantine-color-scheme="${colours}"]`).waitFor({ state: 'attached' });
  await eventually(async () => expect(await page.evaluate(FADING)).toEqual([]));
}

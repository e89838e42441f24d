import type { Locator, Page } from 'playwright-core';

/** Most steps from one thing to the next on a screen. */
const MAX_STEPS = 80;
/** Most stops of a whole screen. */
const MAX_SCREEN_STEPS = 300;
/** Of these, between two looks at whether all have been gone through. */
const STEPS_AT_ONCE = 10;

/** Goes on with Tab until the thing has the focus. @throws {Error} when the keyboard does not get there. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let step = 0; step < MAX_STEPS; step++) {
    if ((await target.and(page.locator(':focus')).count()) > 0) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${MAX_STEPS} times Tab does not lead to ${String(target)}`);
}

/** Presses a button, follows a link. */
export async function press(page: Page, target: Locator, key = 'Enter'): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

/** Writes into a field. */
export async function type(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.type(text);
}

/** Goes down an open menu to the item, and takes it. @throws {Error} when it does not get there. */
export async function choose(page: Page, item: Locator): Promise<void> {
  await item.waitFor();
  for (let step = 0; step < MAX_STEPS; step++) {
    if ((await item.and(page.locator(':focus')).count()) > 0) return page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
  }
  throw new Error(`${MAX_STEPS} times down does not lead to ${String(item)}`);
}

/** What a keyboard has to get to, and where it is by itself: of tabs, radios and menus only one takes part in Tab. */
const USABLE = 'a[href], button, input, select, textarea, summary, [tabindex]';

/**
 * Walks through the screen with Tab until it comes round.
 * @returns the HTML of what can be used with a mouse and got no focus on the way.
 */
export async function untouchedByTab(page: Page): Promise<string[]> {
  await page.evaluate(`(() => {
    document.activeElement?.blur();
    window.touched = new Set();
    window.isRound = false;
    window.touch ??= ({ target }) => {
      window.isRound ||= window.touched.has(target);
      window.touched.add(target);
    };
    // The same one again is no second one.
    document.addEventListener('focusin', window.touch);
  })()`);
  for (let steps = 0; steps < MAX_SCREEN_STEPS && !(await page.evaluate('window.isRound')); steps += STEPS_AT_ONCE)
    await Promise.all(Array.from({ length: STEPS_AT_ONCE }, () => page.keyboard.press('Tab')));
  return (await page.evaluate(`(() => {
    const scope = document.querySelector('[role="dialog"]') ?? document;
    return [...scope.querySelectorAll('${USABLE}')]
      .filter((one) => one.tabIndex >= 0 && !one.disabled && !one.closest('[inert]') && one.checkVisibility({ visibilityProperty: true }))
      // A group of radios is one stop.
      .filter((one) => one.type !== 'radio' || ![...window.touched].some((other) => other.type === 'radio' && other.name === one.name))
      .filter((one) => !window.touched.has(one))
      .map((one) => one.outerHTML.slice(0, 200));
  })()`)) as string[];
}

import type { Locator, Page } from 'playwright-core';

/** Most steps from one thing to the next on a screen. */
const MAX_STEPS = 80;

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

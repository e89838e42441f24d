import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import type { System } from '../harness/system.js';

export type Colours = 'light' | 'dark';

/** Whom a sign-in form is filled for. */
interface Person {
  readonly email: string;
  readonly password: string;
}

interface ConsoleOptions {
  readonly colours?: Colours;
  readonly width?: number;
  readonly height?: number;
}

/** A person's browser with the console open; `faults` collects what must never happen on any screen. */
export class ConsolePage {
  /** Scripts that threw, and what the policy refused. */
  readonly faults: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
    private readonly system: System,
  ) {
    page.setDefaultTimeout(60_000);
    page.on('pageerror', (error) => this.faults.push(String(error)));
    page.on('console', (message) => {
      if (/content security policy|hydration|each child in a list/i.test(message.text())) this.faults.push(message.text());
    });
    page.on('dialog', (dialog) => {
      if (dialog.type() === 'alert') this.faults.push(`alert: ${dialog.message()}`);
      void dialog.accept();
    });
  }

  static async open(browser: Browser, system: System, { colours = 'light', width = 1440, height = 900 }: ConsoleOptions = {}) {
    const context = await browser.newContext({
      baseURL: system.network.baseUrl,
      colorScheme: colours,
      reducedMotion: 'reduce',
      viewport: { width, height },
      timezoneId: 'Europe/Berlin',
      locale: 'en-GB',
    });
    return new ConsolePage(await context.newPage(), context, system);
  }

  /** Another tab of the same browser. */
  async tab(): Promise<ConsolePage> {
    return new ConsolePage(await this.context.newPage(), this.context, this.system);
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: typeof name === 'string' });
  }

  /** A row of a list, by a text that is in no other: it pages on until it is there, since others' rows may fill the first pages. */
  async row(list: string, text: string): Promise<Locator> {
    const region = this.page.getByRole('region', { name: list, exact: true });
    const row = region.getByRole('row').filter({ hasText: text });
    const next = this.button('Next page');
    for (;;) {
      await region.locator('table[aria-busy="false"]').waitFor();
      if ((await row.count()) > 0) return row.first();
      if (!(await next.isEnabled())) throw new Error(`no row of ${list} has the text ${text}`);
      const before = this.page.url();
      await next.click();
      await this.page.waitForURL((url) => url.href !== before);
      // The page before stays until the next one is there.
      await this.page.waitForLoadState('networkidle');
    }
  }

  async signIn(path = '/'): Promise<this> {
    await this.page.goto(path);
    const email = this.page.getByLabel('Email');
    await email
      .or(this.page.getByRole('navigation', { name: 'Main' }))
      .first()
      .waitFor();
    // Another tab of the browser may have signed in already.
    if (await email.isVisible()) await this.fillSignIn();
    return this;
  }

  /** Fills whichever sign-in form is there: the page's, or that of a session that has ended. */
  async fillSignIn({ email, password }: Person = this.system.admin): Promise<void> {
    await this.page.getByLabel('Email').fill(email);
    await this.page.getByLabel('Password', { exact: true }).last().fill(password);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await this.page.getByLabel('Email').waitFor({ state: 'detached' });
  }

  /** To another screen without loading the page anew, which would end the session. */
  async goTo(path: string): Promise<void> {
    await this.page.evaluate(
      `history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate', { state: null }))`,
    );
  }

  /** Waits for a screen by its heading, until no skeleton of it is left. */
  async shows(heading: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name: heading }).waitFor();
    await this.page.locator('.mantine-Skeleton-root').first().waitFor({ state: 'detached' });
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

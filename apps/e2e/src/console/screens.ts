import type { System } from '../harness/system.js';
import type { ConsolePage } from './console-page.js';
import type { Furniture } from './furnish.js';

/** One screen, and how it is reached by someone who is signed in. */
export interface Screen {
  readonly name: string;
  /** What one does there: `configuring` them, or `watching` what becomes of them. */
  readonly area: 'configuring' | 'watching';
  /** The route without which there is no such screen. */
  readonly needs?: string;
  readonly open: (console: ConsolePage, furniture: Furniture) => Promise<void>;
}

const OFFER = /^Bright Games/;

const at = (area: Screen['area'], name: string, heading: string | RegExp, path: (furniture: Furniture) => string): Screen => ({
  name,
  area,
  open: async (console, furniture) => {
    await console.goTo(path(furniture));
    await console.shows(heading);
  },
});

/** A tab of the furnished offer. */
const tab = (name: string, label: string, path: (furniture: Furniture) => string): Screen => ({
  name,
  area: 'configuring',
  open: async (console, furniture) => {
    await console.goTo(path(furniture));
    await console.page.getByRole('tabpanel', { name: label }).waitFor();
    await console.shows(OFFER);
  },
});

/** @returns the screens of what the system's API offers. */
export async function screensOf(system: System): Promise<Screen[]> {
  const { paths } = (await system.network.call<{ paths: Record<string, unknown> }>('/v1/openapi.json')).body;
  return SCREENS.filter(({ needs }) => needs === undefined || Object.hasOwn(paths, needs));
}

/** Lists are of what was furnished: others' rows stay out. */
const SCREENS: readonly Screen[] = [
  { needs: '/v1/stats/deliveries', ...at('watching', 'dashboard', 'Dashboard', () => '/dashboard') },
  at('configuring', 'manage-offers', 'Manage Offers', () => '/offers?search=Bright+Games'),
  {
    name: 'new-offer',
    area: 'configuring',
    open: async (console) => {
      await console.goTo('/offers');
      await console.shows('Manage Offers');
      await console.page.getByRole('button', { name: 'New Offer' }).click();
      await console.page.getByRole('dialog').waitFor();
    },
  },
  tab('offer-global', 'Global', ({ offerId }) => `/offers/${offerId}`),
  tab('offer-goals', 'Goals', ({ offerId }) => `/offers/${offerId}/goals`),
  tab('offer-callbacks', 'Callbacks', ({ offerId }) => `/offers/${offerId}/callbacks`),
  {
    name: 'new-callback',
    area: 'configuring',
    open: async (console, { offerId }) => {
      const { page } = console;
      await console.goTo(`/offers/${offerId}/callbacks`);
      await console.shows(OFFER);
      await page.getByRole('button', { name: 'New Callback' }).first().click();
      const dialog = page.getByRole('dialog');
      await dialog.getByPlaceholder('Search by name').fill('Ada');
      await page
        .getByRole('option', { name: /Ada Traffic/ })
        .first()
        .click();
      await dialog.getByPlaceholder(/^https:/).fill('https://tracker.example.com/postback?click={click_id}&sum={payout}&s=');
      await dialog.getByRole('radio', { name: 'POST(JSON)' }).check();
      await dialog.getByRole('button', { name: 'Add param' }).click();
      await dialog.getByLabel('Name of param 1', { exact: true }).fill('goal.name');
      await dialog.getByLabel('Value of param 1', { exact: true }).fill('{goal_name|default:none}');
      await dialog.getByText('"goal"').waitFor();
      await dialog.getByRole('button', { name: 'Advanced' }).click();
      await dialog.getByLabel('Timeout in ms').waitFor();
      await page.mouse.wheel(0, -5_000);
    },
  },
  tab('offer-history', 'History', ({ offerId, callbackId }) => `/offers/${offerId}/history?callbackId=${callbackId}`),
  at('watching', 'conversions', 'Conversions', ({ offerId }) => `/conversions?offerId=${offerId}`),
  at('watching', 'conversion', /^Conversion T-/, ({ conversionId }) => `/conversions/${conversionId}`),
  at('watching', 'deliveries', 'Deliveries', ({ offerId }) => `/deliveries?offerId=${offerId}`),
  at('watching', 'delivery', /^Delivery of/, ({ deliveredId }) => `/deliveries/${deliveredId}`),
  at('watching', 'delivery-retrying', /^Delivery of/, ({ retryingId }) => `/deliveries/${retryingId}`),
  {
    name: 'resend-many',
    area: 'watching',
    needs: '/v1/redeliveries',
    open: async (console, { offerId }) => {
      await console.goTo(`/deliveries?offerId=${offerId}`);
      await console.shows('Deliveries');
      await console.page.getByRole('button', { name: 'Resend many' }).click();
      await console.page
        .getByRole('status')
        .filter({ hasText: /would be sent|No delivery/ })
        .waitFor();
    },
  },
  { needs: '/v1/redeliveries', ...at('watching', 'redeliveries', 'Redeliveries', () => '/redeliveries') },
  { needs: '/v1/dead-letters', ...at('watching', 'dead-letters', 'Dead letters', () => '/dead-letters') },
  at('watching', 'waiting', 'Waiting', () => '/waiting'),
  {
    name: 'new-pause',
    area: 'watching',
    open: async (console) => {
      await console.goTo('/waiting');
      await console.shows('Waiting');
      await console.page.getByRole('button', { name: 'New Pause' }).click();
      await console.page.getByRole('dialog').waitFor();
    },
  },
  at('configuring', 'affiliates', 'Affiliates', () => '/affiliates?search=Boreal'),
  { needs: '/v1/users', ...at('configuring', 'users', 'Users', () => '/users') },
  { needs: '/v1/api-keys', ...at('configuring', 'api-keys', 'API keys', () => '/api-keys') },
  { needs: '/v1/audit-log', ...at('configuring', 'audit-log', 'Audit log', ({ offerId }) => `/audit-log?subject=offers/${offerId}`) },
  at('configuring', 'profile', 'Profile', () => '/profile'),
  at('configuring', 'no-such-screen', /no such screen/, () => '/nowhere'),
];

import type { ConsolePage } from './console-page.js';
import type { Furniture } from './furnish.js';

/** One screen, and how it is reached by someone who is signed in. */
export interface Screen {
  readonly name: string;
  readonly open: (console: ConsolePage, furniture: Furniture) => Promise<void>;
}

const OFFER = /^Bright Games/;

const at = (name: string, heading: string | RegExp, path: (furniture: Furniture) => string): Screen => ({
  name,
  open: async (console, furniture) => {
    await console.goTo(path(furniture));
    await console.shows(heading);
  },
});

/** Every screen of the console. */
export const SCREENS: readonly Screen[] = [
  at('manage-offers', 'Manage Offers', () => '/offers'),
  {
    name: 'new-offer',
    open: async (console) => {
      await console.goTo('/offers');
      await console.shows('Manage Offers');
      await console.page.getByRole('button', { name: 'New Offer' }).click();
      await console.page.getByRole('dialog').waitFor();
    },
  },
  at('offer-global', OFFER, ({ offerId }) => `/offers/${offerId}`),
  at('offer-goals', OFFER, ({ offerId }) => `/offers/${offerId}/goals`),
  at('offer-callbacks', OFFER, ({ offerId }) => `/offers/${offerId}/callbacks`),
  {
    name: 'new-callback',
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
    },
  },
  at('offer-history', OFFER, ({ offerId, callbackId }) => `/offers/${offerId}/history?callbackId=${callbackId}`),
  at('conversions', 'Conversions', () => '/conversions'),
  at('conversion', /^Conversion T-/, ({ conversionId }) => `/conversions/${conversionId}`),
  at('deliveries', 'Deliveries', () => '/deliveries'),
  at('delivery', /^Delivery of/, ({ deliveredId }) => `/deliveries/${deliveredId}`),
  at('delivery-retrying', /^Delivery of/, ({ retryingId }) => `/deliveries/${retryingId}`),
  at('waiting', 'Waiting', () => '/waiting'),
  {
    name: 'new-pause',
    open: async (console) => {
      await console.goTo('/waiting');
      await console.shows('Waiting');
      await console.page.getByRole('button', { name: 'New Pause' }).click();
      await console.page.getByRole('dialog').waitFor();
    },
  },
  at('affiliates', 'Affiliates', () => '/affiliates'),
  at('profile', 'Profile', () => '/profile'),
  at('no-such-screen', /no such screen/, () => '/nowhere'),
];

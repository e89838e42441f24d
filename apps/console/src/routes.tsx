import { createBrowserRouter, Navigate } from 'react-router';
import { LostPage } from './page/lost-page.js';
import { Shell } from './shell/shell.js';

/** Every screen is a file of its own, fetched when it is first opened. */
export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <LostPage failed />,
    hydrateFallbackElement: <></>,
    children: [
      { index: true, element: <Navigate to="/offers" replace /> },
      { path: 'offers', lazy: async () => ({ Component: (await import('./offers/manage-offers-page.js')).ManageOffersPage }) },
      {
        path: 'offers/:offerId',
        lazy: async () => ({ Component: (await import('./offers/configure-offer-page.js')).ConfigureOfferPage }),
        children: [
          { index: true, lazy: async () => ({ Component: (await import('./offers/global-tab.js')).GlobalTab }) },
          { path: 'goals', lazy: async () => ({ Component: (await import('./offers/goals-tab.js')).GoalsTab }) },
          { path: 'callbacks', lazy: async () => ({ Component: (await import('./callbacks/callbacks-tab.js')).CallbacksTab }) },
          { path: 'history', lazy: async () => ({ Component: (await import('./callbacks/history-tab.js')).HistoryTab }) },
        ],
      },
      { path: 'conversions', lazy: async () => ({ Component: (await import('./conversions/conversions-page.js')).ConversionsPage }) },
      {
        path: 'conversions/:conversionId',
        lazy: async () => ({ Component: (await import('./conversions/conversion-page.js')).ConversionPage }),
      },
      { path: 'deliveries', lazy: async () => ({ Component: (await import('./deliveries/deliveries-page.js')).DeliveriesPage }) },
      { path: 'deliveries/:deliveryId', lazy: async () => ({ Component: (await import('./deliveries/delivery-page.js')).DeliveryPage }) },
      { path: 'waiting', lazy: async () => ({ Component: (await import('./waiting/waiting-page.js')).WaitingPage }) },
      { path: 'affiliates', lazy: async () => ({ Component: (await import('./affiliates/affiliates-page.js')).AffiliatesPage }) },
      { path: 'dashboard', lazy: async () => ({ Component: (await import('./dashboard/dashboard-page.js')).DashboardPage }) },
      { path: 'redeliveries', lazy: async () => ({ Component: (await import('./redeliveries/redeliveries-page.js')).RedeliveriesPage }) },
      { path: 'dead-letters', lazy: async () => ({ Component: (await import('./dead-letters/dead-letters-page.js')).DeadLettersPage }) },
      { path: 'users', lazy: async () => ({ Component: (await import('./access/users-page.js')).UsersPage }) },
      { path: 'api-keys', lazy: async () => ({ Component: (await import('./access/api-keys-page.js')).ApiKeysPage }) },
      { path: 'audit-log', lazy: async () => ({ Component: (await import('./access/audit-log-page.js')).AuditLogPage }) },
      { path: 'profile', lazy: async () => ({ Component: (await import('./profile/profile-page.js')).ProfilePage }) },
      { path: '*', element: <LostPage /> },
    ],
  },
]);

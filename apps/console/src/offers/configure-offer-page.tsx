import { Anchor, Breadcrumbs, Skeleton, Tabs } from '@mantine/core';
import { Link, Outlet, useLocation, useNavigate, useOutletContext, useParams } from 'react-router';
import type { Offer } from '../api/shapes.js';
import { PageHeader } from '../page/page-header.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { StatusBadge } from '../page/status-badge.js';
import { useOffer } from './offer.queries.js';

const TABS = [
  { value: 'global', label: 'Global' },
  { value: 'goals', label: 'Goals' },
  { value: 'callbacks', label: 'Callbacks' },
  { value: 'history', label: 'History' },
] as const;

/** One offer; its tabs have addresses of their own. */
export function ConfigureOfferPage() {
  const offerId = Number(useParams()['offerId']);
  const navigate = useNavigate();
  const tab = useLocation().pathname.split('/')[3] ?? 'global';
  const { data: offer, error, refetch } = useOffer(offerId);
  return (
    <>
      <Breadcrumbs mb={4} fz="sm">
        <Anchor component={Link} to="/offers" size="sm">
          Offers
        </Anchor>
        <span>{offerId}</span>
      </Breadcrumbs>
      <PageHeader title={offer?.name ?? `Offer ${offerId}`} detail={offer && <StatusBadge status={offer.status} />} />
      {offer === undefined ? (
        error === null ? (
          <Skeleton h={240} />
        ) : (
          <ProblemAlert problem={error} title="The offer cannot be shown" onRetry={() => void refetch()} />
        )
      ) : (
        <Tabs value={tab} onChange={(value) => void navigate(value === 'global' ? `/offers/${offerId}` : `/offers/${offerId}/${value}`)}>
          <Tabs.List mb="md" aria-label="Configure offer">
            {TABS.map(({ value, label }) => (
              <Tabs.Tab key={value} value={value}>
                {label}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {TABS.map(({ value }) => (
            <Tabs.Panel key={value} value={value}>
              {value === tab && <Outlet context={offer} />}
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
    </>
  );
}

/** @returns the offer whose tab this is. */
export function useConfiguredOffer(): Offer {
  return useOutletContext<Offer>();
}

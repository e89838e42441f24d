import { Button, Group, Select } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import IconPlus from '@tabler/icons-react/icons/IconPlus';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import type { Offer, OfferStatus } from '../api/shapes.js';
import { useAddressFilters } from '../page/address-filters.js';
import type { Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { NameSearch } from '../page/name-search.js';
import { PageHeader } from '../page/page-header.js';
import { nothingMatches } from '../page/nothing-matches.js';
import { PagedList } from '../page/paged-list.js';
import { PlainText } from '../page/plain-text.js';
import { StatusBadge } from '../page/status-badge.js';
import { OFFER_STATUSES } from './offer-statuses.js';
import { useOffers } from './offer.queries.js';

/** Not needed before it is asked for. */
const NewOffer = lazy(async () => ({ default: (await import('./new-offer.js')).NewOffer }));

const FILTERS = ['search', 'status'] as const;

const columns: Column<Offer>[] = [
  { header: 'ID', width: 80, cell: ({ id }) => <span className="figures">{id}</span> },
  { header: 'Name', cell: ({ name }) => <PlainText text={name} fw={500} lines={2} /> },
  { header: 'Status', width: 110, cell: ({ status }) => <StatusBadge status={status} /> },
  { header: 'Enabled Goals', width: 150, cell: (offer) => goalsOf(offer) },
  { header: 'Callbacks', width: 100, align: 'right', cell: ({ callbackCount }) => callbackCount.toLocaleString('en') },
  { header: 'Updated', width: 175, cell: ({ updatedAt }) => <Moment at={updatedAt} /> },
  {
    header: 'Action',
    width: 125,
    align: 'right',
    cell: ({ id, name }) => (
      <Button component={Link} to={`/offers/${id}`} variant="default" size="xs" aria-label={`Configure ${name.slice(0, 100)}`}>
        Configure
      </Button>
    ),
  },
];

function goalsOf({ goalsEnabled, goals }: Offer): string {
  const count = goals.filter(({ archived }) => !archived).length;
  if (goalsEnabled) return `On · ${count} ${count === 1 ? 'goal' : 'goals'}`;
  return count === 0 ? 'Off' : `Off · ${count} kept`;
}

export function ManageOffersPage() {
  const filters = useAddressFilters(FILTERS);
  const [isNew, { open, close }] = useDisclosure(false);
  const list = useOffers({
    ...(filters.values.search === undefined ? {} : { search: filters.values.search }),
    ...(filters.values.status === undefined ? {} : { status: filters.values.status as OfferStatus }),
    ...(filters.cursor === undefined ? {} : { cursor: filters.cursor }),
  });
  const isFiltered = Object.keys(filters.values).length > 0;
  const newOffer = (
    <Button leftSection={<IconPlus size={16} />} onClick={open}>
      New Offer
    </Button>
  );

  return (
    <>
      <PageHeader title="Manage Offers" detail="What is promoted, with its goals and callbacks." actions={newOffer} />
      <Group mb="sm" gap="sm" component="search">
        <NameSearch what="offers" value={filters.values.search} onChange={(search) => filters.set({ search })} />
        <Select
          aria-label="Status"
          placeholder="Any status"
          data={OFFER_STATUSES}
          clearable
          clearButtonProps={{ 'aria-label': 'Any status' }}
          value={filters.values.status ?? null}
          onChange={(status) => filters.set({ status })}
          w={160}
        />
      </Group>
      <PagedList
        label="Offers"
        columns={columns}
        list={list}
        paging={filters}
        keyOf={({ id }) => id}
        minWidth={900}
        empty={
          isFiltered
            ? nothingMatches({ one: 'offer', all: 'offers' }, 'Search for another part of its name, or any status.', filters.clear)
            : { title: 'No offers yet', description: 'Make the first one; then give it callbacks.', action: newOffer }
        }
      />
      <Suspense>{isNew && <NewOffer onClose={close} />}</Suspense>
    </>
  );
}

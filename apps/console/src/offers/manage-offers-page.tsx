import { Button, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks';
import IconPlus from '@tabler/icons-react/icons/IconPlus';
import IconSearch from '@tabler/icons-react/icons/IconSearch';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Offer, OfferStatus } from '../api/shapes.js';
import { useAddressFilters } from '../page/address-filters.js';
import { ListTable, type Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { PageHeader } from '../page/page-header.js';
import { Pager } from '../page/pager.js';
import { PlainText } from '../page/plain-text.js';
import { StatusBadge } from '../page/status-badge.js';
import { NewOffer } from './new-offer.js';
import { OFFER_STATUSES } from './offer-statuses.js';
import { useOffers } from './offer.queries.js';

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
  const [search, setSearch] = useState(filters.values.search ?? '');
  const searchSoon = useDebouncedCallback((text: string) => filters.set({ search: text }), 300);
  const [isNew, { open, close }] = useDisclosure(false);
  const { data, error, refetch } = useOffers({
    ...(filters.values.search === undefined ? {} : { search: filters.values.search }),
    ...(filters.values.status === undefined ? {} : { status: filters.values.status as OfferStatus }),
    ...(filters.cursor === undefined ? {} : { cursor: filters.cursor }),
  });
  const isFiltered = Object.keys(filters.values).length > 0;
  const clear = () => {
    setSearch('');
    filters.clear();
  };
  const newOffer = (
    <Button leftSection={<IconPlus size={16} />} onClick={open}>
      New Offer
    </Button>
  );

  return (
    <>
      <PageHeader title="Manage Offers" detail="What is promoted, with its goals and callbacks." actions={newOffer} />
      <Group mb="sm" gap="sm" component="search">
        <TextInput
          aria-label="Search offers by name"
          placeholder="Search by name"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={({ currentTarget: { value } }) => {
            setSearch(value);
            searchSoon(value);
          }}
          w={{ base: '100%', xs: 280 }}
        />
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
      <ListTable
        label="Offers"
        columns={columns}
        items={data?.items}
        keyOf={({ id }) => id}
        problem={error}
        onRetry={() => void refetch()}
        minWidth={900}
        empty={
          isFiltered
            ? {
                title: 'No offer matches',
                description: 'Search for another part of its name, or any status.',
                action: (
                  <Button variant="default" onClick={clear}>
                    Show all offers
                  </Button>
                ),
              }
            : { title: 'No offers yet', description: 'Make the first one; then give it callbacks.', action: newOffer }
        }
      />
      <Pager isFirstPage={filters.isFirstPage} nextCursor={data?.nextCursor} toPage={filters.toPage} />
      <NewOffer opened={isNew} onClose={close} />
    </>
  );
}

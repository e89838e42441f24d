import { Anchor, Select } from '@mantine/core';
import { Link } from 'react-router';
import { AffiliateSelect } from '../affiliates/affiliate-select.js';
import type { Conversion, ConversionStatus } from '../api/shapes.js';
import { CONVERSION_STATUSES } from '../callbacks/callback-choices.js';
import { useAddressFilters, withNumbers } from '../page/address-filters.js';
import { FilterBar } from '../page/filter-bar.js';
import type { Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { AffiliateName, OfferName } from '../page/names.js';
import { PageHeader } from '../page/page-header.js';
import { nothingMatches, widenOrGoOn } from '../page/nothing-matches.js';
import { PagedList } from '../page/paged-list.js';
import { PlainText } from '../page/plain-text.js';
import { shortId } from '../page/short-id.js';
import { StatusBadge } from '../page/status-badge.js';
import { checkId, TextFilter } from '../page/text-filter.js';
import { TimeFilter } from '../page/time-filter.js';
import { useConversions, type ConversionFilter } from './conversion.queries.js';

const FILTERS = ['offerId', 'affiliateId', 'goalId', 'status', 'transactionId', 'clickId', 'from', 'to'] as const;

const columns: Column<Conversion>[] = [
  {
    header: 'Conversion',
    width: 130,
    cell: ({ id }) => (
      <Anchor component={Link} to={`/conversions/${id}`} size="sm" ff="monospace" title={id} aria-label={`Conversion ${id}`}>
        {shortId(id)}
      </Anchor>
    ),
  },
  { header: 'Status', width: 110, cell: ({ status }) => <StatusBadge status={status} /> },
  { header: 'Offer', cell: ({ offerId }) => <OfferName id={offerId} /> },
  { header: 'Affiliate', cell: ({ affiliateId }) => <AffiliateName id={affiliateId} /> },
  { header: 'Transaction', width: 150, cell: ({ transactionId }) => <PlainText text={transactionId ?? '–'} mono /> },
  {
    header: 'Payout',
    width: 110,
    align: 'right',
    cell: ({ payout, currency }) => <span className="figures">{payout === undefined ? '–' : `${payout} ${currency ?? ''}`}</span>,
  },
  { header: 'Recorded', width: 160, cell: ({ createdAt }) => <Moment at={createdAt} /> },
  { header: 'Status since', width: 160, cell: ({ statusAt }) => <Moment at={statusAt} /> },
];

export function ConversionsPage() {
  const filters = useAddressFilters(FILTERS);
  const { values, set } = filters;
  const list = useConversions({
    ...queryOf(values),
    ...(filters.cursor === undefined ? {} : { cursor: filters.cursor }),
  });
  const isFiltered = Object.keys(values).length > 0;
  return (
    <>
      <PageHeader title="Conversions" detail="Tracked results, newest first." />
      <FilterBar isFiltered={isFiltered} onClear={filters.clear}>
        <TextFilter label="Offer ID" value={values.offerId} onChange={(offerId) => set({ offerId })} check={checkId} w={100} />
        <AffiliateSelect
          label="Affiliate"
          placeholder="Any affiliate"
          clearable
          clearButtonProps={{ 'aria-label': 'Any affiliate' }}
          value={values.affiliateId ?? null}
          onChange={(affiliateId) => set({ affiliateId })}
          w={200}
        />
        <Select
          label="Status"
          placeholder="Any"
          data={CONVERSION_STATUSES}
          clearable
          clearButtonProps={{ 'aria-label': 'Any status' }}
          value={values.status ?? null}
          onChange={(status) => set({ status })}
          w={130}
        />
        <TextFilter label="Transaction ID" value={values.transactionId} onChange={(transactionId) => set({ transactionId })} w={150} />
        <TextFilter label="Click ID" value={values.clickId} onChange={(clickId) => set({ clickId })} w={150} />
        <TimeFilter label="From" value={values.from} onChange={(from) => set({ from })} />
        <TimeFilter label="To" value={values.to} onChange={(to) => set({ to })} />
      </FilterBar>
      <PagedList
        label="Conversions"
        columns={columns}
        list={list}
        paging={filters}
        keyOf={({ id }) => id}
        minWidth={1080}
        empty={
          isFiltered
            ? nothingMatches({ one: 'conversion', all: 'conversions' }, widenOrGoOn(list.data?.searchedThrough), filters.clear)
            : { title: 'No conversions yet', description: 'They arrive by POST /v1/conversions, or over Kafka.' }
        }
      />
    </>
  );
}

function queryOf(values: Partial<Record<(typeof FILTERS)[number], string>>): ConversionFilter {
  const { status, ...others } = withNumbers(values, ['offerId', 'affiliateId', 'goalId']);
  return { ...others, ...(status === undefined ? {} : { status: status as ConversionStatus }) };
}

import { Anchor, Button, Indicator, Select, Switch } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, useSearchParams } from 'react-router';
import { isOffered } from '../api/offered.js';
import { AffiliateSelect } from '../affiliates/affiliate-select.js';
import type { Delivery, DeliveryStatus } from '../api/shapes.js';
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
import { checkId, checkUuid, TextFilter } from '../page/text-filter.js';
import { TimeFilter } from '../page/time-filter.js';
import { ResendMany, type ResendStart } from '../redeliveries/resend-many.js';
import { DELIVERY_STATUSES } from './delivery-statuses.js';
import { useDeliveries, type DeliveryFilter } from './delivery.queries.js';

const FILTERS = ['offerId', 'affiliateId', 'callbackId', 'conversionId', 'status', 'httpStatus', 'from', 'to'] as const;

const columns: Column<Delivery>[] = [
  {
    header: 'Delivery',
    width: 130,
    cell: ({ id }) => (
      <Anchor component={Link} to={`/deliveries/${id}`} size="sm" ff="monospace" title={id} aria-label={`Delivery ${id}`}>
        {shortId(id)}
      </Anchor>
    ),
  },
  { header: 'Status', width: 115, cell: ({ status }) => <StatusBadge status={status} /> },
  { header: 'HTTP', width: 70, cell: ({ httpStatus }) => <span className="figures">{httpStatus ?? '–'}</span> },
  { header: 'Attempts', width: 85, align: 'right', cell: ({ attempts }) => <span className="figures">{attempts}</span> },
  {
    header: 'Destination',
    cell: ({ destination, error }) => (
      <>
        <PlainText text={destination ?? '–'} mono />
        {error !== null && <PlainText text={error} size="xs" c="dimmed" />}
      </>
    ),
  },
  { header: 'Callback', width: 85, cell: ({ callbackId }) => <span className="figures">{callbackId}</span> },
  { header: 'Offer', width: 140, cell: ({ offerId }) => <OfferName id={offerId} /> },
  { header: 'Affiliate', width: 130, cell: ({ affiliateId }) => <AffiliateName id={affiliateId} /> },
  { header: 'Recorded', width: 105, cell: ({ recordedAt }) => <Moment at={recordedAt} /> },
  { header: 'Ended', width: 105, cell: ({ settledAt }) => <Moment at={settledAt} /> },
];

/** The log: filters in the address, live while its first page is shown. */
export function DeliveriesPage() {
  const filters = useAddressFilters(FILTERS);
  const { values, set } = filters;
  const [parameters, setParameters] = useSearchParams();
  const wantsLive = parameters.get('live') === '1';
  const isLive = wantsLive && filters.isFirstPage;
  const list = useDeliveries({ ...queryOf(values), ...(filters.cursor === undefined ? {} : { cursor: filters.cursor }) }, isLive);
  const isFiltered = Object.keys(values).length > 0;
  const [isResending, { open: openResend, close: closeResend }] = useDisclosure(false);
  const setLive = (on: boolean) =>
    setParameters(
      (before) => {
        const next = new URLSearchParams(before);
        if (on) next.set('live', '1');
        else next.delete('live');
        next.delete('cursor');
        return next;
      },
      { replace: true },
    );
  return (
    <>
      <PageHeader
        title="Deliveries"
        detail="What was sent to whom, newest first."
        actions={
          <>
            {isOffered('/v1/redeliveries') && (
              <Button variant="default" onClick={openResend}>
                Resend many
              </Button>
            )}
            <Indicator disabled={!isLive} processing color="green" position="middle-start" offset={-8}>
              <Switch label="Live" checked={wantsLive} onChange={({ currentTarget: { checked } }) => setLive(checked)} />
            </Indicator>
          </>
        }
      />
      <FilterBar isFiltered={isFiltered} onClear={filters.clear}>
        <Select
          label="Status"
          placeholder="Any"
          data={DELIVERY_STATUSES}
          clearable
          clearButtonProps={{ 'aria-label': 'Any status' }}
          value={values.status ?? null}
          onChange={(status) => set({ status })}
          w={130}
        />
        <TextFilter
          label="HTTP status"
          value={values.httpStatus}
          onChange={(httpStatus) => set({ httpStatus })}
          check={checkHttpStatus}
          w={100}
        />
        <TextFilter label="Offer ID" value={values.offerId} onChange={(offerId) => set({ offerId })} check={checkId} w={90} />
        <TextFilter label="Callback ID" value={values.callbackId} onChange={(callbackId) => set({ callbackId })} check={checkId} w={100} />
        <AffiliateSelect
          label="Affiliate"
          placeholder="Any affiliate"
          clearable
          clearButtonProps={{ 'aria-label': 'Any affiliate' }}
          value={values.affiliateId ?? null}
          onChange={(affiliateId) => set({ affiliateId })}
          w={160}
        />
        <TextFilter
          label="Conversion"
          value={values.conversionId}
          onChange={(conversionId) => set({ conversionId })}
          check={checkUuid}
          w={140}
        />
        <TimeFilter label="From" value={values.from} onChange={(from) => set({ from })} />
        <TimeFilter label="To" value={values.to} onChange={(to) => set({ to })} />
      </FilterBar>
      <PagedList
        label="Deliveries"
        columns={columns}
        list={list}
        paging={filters}
        keyOf={({ id }) => id}
        minWidth={1150}
        empty={
          isFiltered
            ? nothingMatches({ one: 'delivery', all: 'deliveries' }, widenOrGoOn(list.data?.searchedThrough), filters.clear)
            : { title: 'No deliveries yet', description: 'Each conversion that meets the conditions of a callback makes one.' }
        }
      />
      {isResending && <ResendMany start={resendStart(values)} onClose={closeResend} />}
    </>
  );
}

/** What of the log's filters names deliveries that have ended. */
function resendStart(values: Partial<Record<(typeof FILTERS)[number], string>>): ResendStart {
  const { status, ...rest } = queryOf(values);
  return { ...rest, ...(status === 'delivered' || status === 'exhausted' || status === 'cancelled' ? { status } : {}) } as ResendStart;
}

function checkHttpStatus(text: string): string | null {
  return /^[1-5]\d\d$/.test(text) ? null : '100 to 599';
}

function queryOf(values: Partial<Record<(typeof FILTERS)[number], string>>): DeliveryFilter {
  const { status, ...others } = withNumbers(values, ['offerId', 'affiliateId', 'callbackId', 'httpStatus']);
  return { ...others, ...(status === undefined ? {} : { status: status as DeliveryStatus }) };
}

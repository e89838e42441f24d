import { Anchor, Title } from '@mantine/core';
import { Link } from 'react-router';
import type { Statistics } from '../api/shapes.js';
import { ListTable, type Column } from '../page/list-table.js';
import { AffiliateName, OfferName } from '../page/names.js';
import type { rangeQuery } from './ranges.js';
import { useStatistics } from './statistics.queries.js';

type CallbackGroup = Statistics['groups'][number];

const columns: Column<CallbackGroup>[] = [
  {
    header: 'Callback',
    width: 100,
    cell: ({ key }) => (
      <Anchor component={Link} to={`/deliveries?callbackId=${key.callbackId}`} size="sm">
        {key.callbackId}
      </Anchor>
    ),
  },
  { header: 'Offer', cell: ({ key }) => (key.offerId === undefined ? '–' : <OfferName id={key.offerId} />) },
  { header: 'Affiliate', cell: ({ key }) => (key.affiliateId === undefined ? '–' : <AffiliateName id={key.affiliateId} />) },
  { header: 'Failed attempts', width: 130, align: 'right', cell: ({ totals }) => totals.failedAttempts.toLocaleString('en') },
  { header: 'Delivered', width: 100, align: 'right', cell: ({ totals }) => totals.delivered.toLocaleString('en') },
  { header: 'Exhausted', width: 100, align: 'right', cell: ({ totals }) => totals.exhausted.toLocaleString('en') },
];

/** Callbacks by their failures: those without one success are disabled after five days. */
export function CallbackHealthList({ query }: { query: ReturnType<typeof rangeQuery> }) {
  const { data, error } = useStatistics({ ...query, interval: 'none', groupBy: 'callback', order: 'failures', limit: 10 });
  return (
    <>
      <Title order={2} size="h5" mb="xs">
        Callbacks with the most failures
      </Title>
      <ListTable
        label="Callbacks with the most failures"
        columns={columns}
        items={data?.groups.filter(({ totals }) => totals.failedAttempts > 0)}
        keyOf={({ key }) => key.callbackId ?? 0}
        problem={error}
        empty={{ title: 'No failures', description: 'Every callback was delivered at once in this time.' }}
      />
    </>
  );
}

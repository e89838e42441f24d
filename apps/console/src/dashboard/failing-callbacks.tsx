import { Anchor, Badge, Title } from '@mantine/core';
import { Link } from 'react-router';
import type { FailingCallback } from '../api/shapes.js';
import { ListTable, type Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { AffiliateName, OfferName } from '../page/names.js';
import { useFailingCallbacks } from './statistics.queries.js';

const columns: Column<FailingCallback>[] = [
  {
    header: 'Callback',
    width: 100,
    cell: ({ callbackId, offerId }) => (
      <Anchor component={Link} to={`/offers/${offerId}/history?callbackId=${callbackId}`} size="sm">
        {callbackId}
      </Anchor>
    ),
  },
  {
    header: 'State',
    width: 110,
    cell: ({ givenUp }) => (
      <Badge color={givenUp ? 'red' : 'orange'} variant="light">
        {givenUp ? 'Disabled' : 'Failing'}
      </Badge>
    ),
  },
  { header: 'Offer', cell: ({ offerId }) => <OfferName id={offerId} /> },
  { header: 'Affiliate', cell: ({ affiliateId }) => <AffiliateName id={affiliateId} /> },
  { header: 'No success since', width: 165, cell: ({ failingSince }) => <Moment at={failingSince} /> },
  { header: 'Disabled after', width: 165, cell: ({ disabledAfter }) => <Moment at={disabledAfter} /> },
  { header: 'Failed attempts', width: 130, align: 'right', cell: ({ failedAttempts }) => failedAttempts.toLocaleString('en') },
];

/** Callbacks that were disabled because nothing arrived any more, and those that will be. */
export function FailingCallbacks() {
  const { data, error } = useFailingCallbacks();
  return (
    <>
      <Title order={2} size="h5" mb="xs">
        Disabled and about to be disabled
      </Title>
      <ListTable
        label="Disabled and about to be disabled"
        columns={columns}
        items={data?.items}
        keyOf={({ callbackId }) => callbackId}
        problem={error}
        minWidth={980}
        empty={{ title: 'None', description: 'Every callback had a success within the last day, or nothing to send.' }}
      />
    </>
  );
}

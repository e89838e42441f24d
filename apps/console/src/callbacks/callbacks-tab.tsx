import { Button, Group, Select, Skeleton, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { lazy, Suspense, useState } from 'react';
import { AffiliateSelect } from '../affiliates/affiliate-select.js';
import type { Callback, ConversionStatus } from '../api/shapes.js';
import { useConfiguredOffer } from '../offers/configure-offer-page.js';
import { useAddressFilters } from '../page/address-filters.js';
import type { Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { AffiliateName } from '../page/names.js';
import { nothingMatches } from '../page/nothing-matches.js';
import { PagedList } from '../page/paged-list.js';
import { PlainText } from '../page/plain-text.js';
import { StatusBadge } from '../page/status-badge.js';
import { tellDone, tellProblem } from '../page/tell.js';
import { isOffered } from '../api/offered.js';
import { rangeQuery } from '../dashboard/ranges.js';
import { useStatistics } from '../dashboard/statistics.queries.js';
import { useZone } from '../shell/zone.js';
import { useWaiting } from '../waiting/waiting.queries.js';
import { CallbackActions } from './callback-actions.js';
import { CONVERSION_STATUSES, httpTypeLabel } from './callback-choices.js';
import { CallbackDialog, type CallbackTask } from './callback-dialog.js';
import { CallbackWaiting } from './callback-waiting.js';
import { useCallbacks, useDeleteCallback, useEditCallback, useRestoreVersion } from './callback.queries.js';

/** Charts are fetched only where they are shown. */
const CallbackHealth = lazy(async () => ({ default: (await import('./callback-health.js')).CallbackHealth }));

const FILTERS = ['affiliateId', 'conversionStatus'] as const;
/** How long an undo is offered, in ms; afterwards the history has it. */
const UNDO_MS = 15_000;

/** The offer's callbacks, and everything one does with them. */
export function CallbacksTab() {
  const offer = useConfiguredOffer();
  const filters = useAddressFilters(FILTERS);
  const [task, setTask] = useState<CallbackTask | null>(null);
  const { affiliateId, conversionStatus } = filters.values;
  const list = useCallbacks(offer.id, {
    ...(affiliateId === undefined ? {} : { affiliateId: Number(affiliateId) }),
    ...(conversionStatus === undefined ? {} : { conversionStatus: conversionStatus as ConversionStatus }),
    ...(filters.cursor === undefined ? {} : { cursor: filters.cursor }),
  });
  const actions = useRowActions(offer.id);
  const newCallback = (
    <Button size="xs" flex="none" onClick={() => setTask({ kind: 'new' })}>
      New Callback
    </Button>
  );
  const { hasHealth, health } = useHealth(list.data?.items);
  const columns: Column<Callback>[] = [
    { header: 'ID', width: 50, cell: ({ id }) => <span className="figures">{id}</span> },
    { header: 'Affiliate', width: 115, cell: (callback) => <AffiliateName id={callback.affiliateId} /> },
    ...(offer.goalsEnabled
      ? [
          {
            header: 'Goal',
            width: 100,
            cell: ({ goalId }: Callback) => <PlainText text={goalName(goalId)} lines={2} />,
          } satisfies Column<Callback>,
        ]
      : []),
    { header: 'Conversion Status', width: 105, cell: (callback) => <StatusBadge status={callback.conversionStatus} /> },
    { header: 'URL', cell: (callback) => <CallbackUrl callback={callback} /> },
    { header: 'HTTP Type', width: 105, cell: ({ httpType }) => httpTypeLabel(httpType) },
    ...(hasHealth ? [{ header: 'Last 24 h', width: 120, cell: health } satisfies Column<Callback>] : []),
    { header: 'Created', width: 105, cell: ({ createdAt }) => <Moment at={createdAt} /> },
    { header: 'Updated', width: 105, cell: ({ updatedAt }) => <Moment at={updatedAt} /> },
    {
      header: 'Action',
      headerCell: (
        <Group justify="space-between" wrap="nowrap" gap="xs">
          Action {newCallback}
        </Group>
      ),
      width: 190,
      align: 'right',
      cell: (callback) => <CallbackActions callback={callback} onTask={setTask} {...actions} />,
    },
  ];

  function goalName(goalId: number | null): string {
    if (goalId === null) return 'Any';
    return offer.goals.find(({ id }) => id === goalId)?.name ?? `#${goalId}`;
  }

  return (
    <>
      <Group mb="sm" gap="sm" component="search">
        <AffiliateSelect
          aria-label="Affiliate"
          placeholder="Any affiliate"
          clearable
          clearButtonProps={{ 'aria-label': 'Any affiliate' }}
          value={affiliateId ?? null}
          onChange={(value) => filters.set({ affiliateId: value })}
          w={240}
        />
        <Select
          aria-label="Conversion Status"
          placeholder="Any conversion status"
          data={CONVERSION_STATUSES}
          clearable
          clearButtonProps={{ 'aria-label': 'Any conversion status' }}
          value={conversionStatus ?? null}
          onChange={(value) => filters.set({ conversionStatus: value })}
          w={200}
        />
      </Group>
      <PagedList
        label="Callbacks"
        columns={columns}
        list={list}
        paging={filters}
        keyOf={({ id }) => id}
        minWidth={1180}
        empty={
          Object.keys(filters.values).length > 0
            ? nothingMatches(
                { one: 'callback', all: 'callbacks' },
                'Choose any affiliate and any status to see all of them.',
                filters.clear,
              )
            : {
                title: 'No callbacks yet',
                description: 'A callback tells an affiliate when a conversion gets a status.',
                action: newCallback,
              }
        }
      />
      {task !== null && <CallbackDialog offer={offer} task={task} onClose={() => setTask(null)} />}
    </>
  );
}

/** Of every callback that is shown the last 24 hours, and what waits now: one request each. */
function useHealth(callbacks: readonly Callback[] | undefined) {
  const zone = useZone();
  const [now] = useState(() => Date.now());
  const hasHealth = isOffered('/v1/stats/deliveries');
  const ids = callbacks?.map(({ id }) => id).join(',') ?? '';
  const { data } = useStatistics(
    hasHealth && ids !== '' ? { ...rangeQuery('24h', now, zone), groupBy: 'callback', callbackId: ids, limit: 200 } : null,
  );
  const { data: waiting } = useWaiting(ids === '' ? null : { callbackId: ids, limit: 200 });
  const groups = new Map(data?.groups.map((group) => [group.key.callbackId, group]));
  const waitingOf = Map.groupBy(waiting?.items ?? [], ({ callbackId }) => callbackId);
  const health = ({ id }: Callback) => (
    <>
      <Suspense fallback={<Skeleton h={22} />}>
        <CallbackHealth group={groups.get(id)} />
      </Suspense>
      <CallbackWaiting items={waitingOf.get(id) ?? []} />
    </>
  );
  return { hasHealth, health };
}

/** Name, URL, and why it does not fire. */
function CallbackUrl({ callback: { name, url, enabled, disabledReason } }: { callback: Callback }) {
  return (
    <>
      {name !== null && <PlainText text={name} fw={500} />}
      <PlainText text={url} mono lines={3} />
      {!enabled && (
        <Group gap={6} mt={2} wrap="nowrap">
          <StatusBadge status="disabled" />
          {disabledReason !== null && (
            <Text size="xs" c="dimmed" className="plain" lineClamp={2}>
              {disabledReason}
            </Text>
          )}
        </Group>
      )}
    </>
  );
}

function useRowActions(offerId: number) {
  const edit = useEditCallback(offerId);
  const remove = useDeleteCallback(offerId);
  const restore = useRestoreVersion(offerId);
  return {
    onEnabled: ({ id, version }: Callback, enabled: boolean) =>
      edit.mutate(
        { callbackId: id, version, body: { enabled } },
        {
          onSuccess: () => tellDone(enabled ? `Callback ${id} fires again.` : `Callback ${id} is disabled. What it has waiting is kept.`),
          onError: (problem) => tellProblem(`Callback ${id} is not changed`, problem),
        },
      ),
    onDelete: ({ id, version }: Callback) =>
      remove.mutate(
        { callbackId: id, version },
        {
          onSuccess: () => {
            const note = notifications.show({
              color: 'gray',
              autoClose: UNDO_MS,
              message: (
                <Group justify="space-between" wrap="nowrap">
                  Callback {id} is deleted.
                  <Button
                    size="xs"
                    variant="default"
                    onClick={() => {
                      notifications.hide(note);
                      restore.mutate(
                        { callbackId: id, version },
                        {
                          onSuccess: () => tellDone(`Callback ${id} is back.`),
                          onError: (problem) => tellProblem(`Callback ${id} is not restored`, problem),
                        },
                      );
                    }}
                  >
                    Undo
                  </Button>
                </Group>
              ),
            });
          },
          onError: (problem) => tellProblem(`Callback ${id} is not deleted`, problem),
        },
      ),
  };
}

import { Alert, Button, Group, Text, Title } from '@mantine/core';
import { modals } from '@mantine/modals';
import IconPlayerPause from '@tabler/icons-react/icons/IconPlayerPause';
import { useState } from 'react';
import type { Pause, PauseInput, WaitingItem } from '../api/shapes.js';
import { useAddressFilters } from '../page/address-filters.js';
import { ListTable, type Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { PageHeader } from '../page/page-header.js';
import { PagedList } from '../page/paged-list.js';
import { PlainText } from '../page/plain-text.js';
import { tellDone, tellProblem } from '../page/tell.js';
import { useZone, withMomentsIn } from '../shell/zone.js';
import { PauseDialog } from './pause-dialog.js';
import { useEndPause, usePauses, useWaiting } from './waiting.queries.js';

const FILTERS = ['destination'] as const;
/** Counts end here; it stands for that many or more. */
const MAX_COUNTED = 10_000;

const count = (value: number, isCapped = value >= MAX_COUNTED) => `${value.toLocaleString('en')}${isCapped ? '+' : ''}`;

/** What waits for whom and why, and what an admin holds back. */
export function WaitingPage() {
  const filters = useAddressFilters(FILTERS);
  const { destination } = filters.values;
  const waiting = useWaiting({
    ...(destination === undefined ? {} : { destination }),
    ...(filters.cursor === undefined ? {} : { cursor: filters.cursor }),
  });
  const [pausing, setPausing] = useState<Partial<PauseInput> | null>(null);
  const lag = waiting.data?.lag;
  const zone = useZone();

  const columns: Column<WaitingItem>[] = [
    {
      header: 'Destination',
      cell: (item) => (
        <>
          <PlainText text={item.destination} mono />
          <Text size="xs" c="dimmed">
            {item.callbackId === null
              ? `${item.callbacks} ${item.callbacks === 1 ? 'callback' : 'callbacks'}`
              : `Callback ${item.callbackId}`}
          </Text>
        </>
      ),
    },
    { header: 'Waits for', cell: ({ waitsFor }) => <PlainText text={withMomentsIn(zone, waitsFor)} lines={3} /> },
    {
      header: 'Parked',
      width: 90,
      align: 'right',
      cell: ({ parked, parkedIsCapped }) => <span className="figures">{count(parked, parkedIsCapped)}</span>,
    },
    { header: 'Due', width: 80, align: 'right', cell: ({ due }) => <span className="figures">{count(due)}</span> },
    { header: 'Being sent', width: 95, align: 'right', cell: ({ beingSent }) => <span className="figures">{beingSent}</span> },
    { header: 'Due since', width: 105, cell: ({ oldestDueAt }) => <Moment at={oldestDueAt} /> },
    { header: 'Next due', width: 105, cell: ({ nextDueAt }) => <Moment at={nextDueAt} /> },
    {
      header: 'Action',
      width: 190,
      align: 'right',
      cell: (item) => (
        <Group gap={6} justify="flex-end" wrap="nowrap">
          {destination === undefined && (
            <Button
              size="xs"
              variant="subtle"
              aria-label={`Callbacks that wait for ${item.destination}`}
              onClick={() => filters.set({ destination: item.destination })}
            >
              Callbacks
            </Button>
          )}
          {item.pause === null && (
            <Button
              size="xs"
              variant="default"
              aria-label={`Pause ${item.callbackId === null ? item.destination : `callback ${item.callbackId}`}`}
              onClick={() =>
                setPausing(
                  item.callbackId === null
                    ? { scope: 'destination', key: item.destination }
                    : { scope: 'callback', key: String(item.callbackId) },
                )
              }
            >
              Pause
            </Button>
          )}
        </Group>
      ),
    },
  ];

  return (
    <>
      <PageHeader
        title="Waiting"
        detail="Deliveries that are kept to be sent later, and why. Looked at again every 5 seconds."
        actions={
          <Button variant="default" leftSection={<IconPlayerPause size={16} />} onClick={() => setPausing({ scope: 'destination' })}>
            New Pause
          </Button>
        }
      />
      {waiting.data !== undefined && (
        <Text size="sm" mb="sm" className="figures">
          {lag === null || lag === undefined
            ? 'How far the dispatchers are behind is not known: Kafka does not answer.'
            : lag.events === 0
              ? 'The dispatchers have worked off all events.'
              : `${lag.events.toLocaleString('en')} ${lag.events === 1 ? 'event is' : 'events are'} not worked off yet.`}
        </Text>
      )}
      {destination !== undefined && (
        <Alert color="blue" variant="light" mb="sm" className="plain">
          Callbacks that wait for {destination}{' '}
          <Button size="xs" variant="default" onClick={filters.clear}>
            All destinations
          </Button>
        </Alert>
      )}
      <PagedList
        label="What waits"
        columns={columns}
        list={waiting}
        paging={filters}
        keyOf={({ destination: to, callbackId }) => `${to} ${callbackId ?? ''}`}
        minWidth={1100}
        empty={{ title: 'Nothing waits', description: 'Every delivery that was due has been made.' }}
      />
      <Pauses />
      {pausing !== null && <PauseDialog start={pausing} onClose={() => setPausing(null)} />}
    </>
  );
}

function Pauses() {
  const { data, error, refetch } = usePauses();
  const end = useEndPause();
  const askToEnd = (pause: Pause) =>
    modals.openConfirmModal({
      title: 'Resume deliveries?',
      children: <Text size="sm">What is due by now is sent at once, at the rate its destination takes.</Text>,
      labels: { confirm: 'Resume', cancel: 'Leave it paused' },
      onConfirm: () =>
        end.mutate(pause.id, {
          onSuccess: () => tellDone('Deliveries go on.'),
          onError: (problem) => tellProblem('The pause is not ended', problem),
        }),
    });
  const columns: Column<Pause>[] = [
    {
      header: 'What',
      cell: (pause) => <PlainText text={pause.scope === 'all' ? 'Everything' : `${pause.scope} ${pause.key}`} fw={500} lines={2} />,
    },
    { header: 'Reason', cell: ({ reason }) => <PlainText text={reason ?? '–'} lines={2} /> },
    { header: 'By', width: 200, cell: ({ createdBy }) => <PlainText text={createdBy} /> },
    { header: 'Since', width: 175, cell: ({ createdAt }) => <Moment at={createdAt} /> },
    {
      header: 'Action',
      width: 120,
      align: 'right',
      cell: (pause) => (
        <Button size="xs" variant="default" aria-label={`Resume ${pause.scope} ${pause.key ?? ''}`} onClick={() => askToEnd(pause)}>
          Resume
        </Button>
      ),
    },
  ];
  return (
    <>
      <Title order={2} size="h4" mt="lg" mb="xs">
        Pauses
      </Title>
      <ListTable
        label="Pauses"
        columns={columns}
        items={data?.items}
        keyOf={({ id }) => id}
        problem={error}
        onRetry={() => void refetch()}
        empty={{ title: 'Nothing is paused', description: 'A pause keeps what is due and uses up no attempt.' }}
      />
    </>
  );
}

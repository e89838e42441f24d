import { Button, Code, Group, Modal, Select, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';
import type { DeadLetter } from '../api/shapes.js';
import { bodyText } from '../deliveries/body-text.js';
import { useAddressFilters } from '../page/address-filters.js';
import { FilterBar } from '../page/filter-bar.js';
import type { Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { ONE_PAGE } from '../page/one-page.js';
import { PageHeader } from '../page/page-header.js';
import { PagedList } from '../page/paged-list.js';
import { PlainText } from '../page/plain-text.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { tellDone, tellProblem } from '../page/tell.js';

const FILTERS = ['service', 'replayed'] as const;
/** Most letters that one request replays. */
const MAX_REPLAYED = 1_000;

type Service = DeadLetter['service'];
const SERVICES: Service[] = ['dispatcher-service', 'conversions-service', 'offers-service'];

/** Messages that could not be read or worked, kept with their reason; once what was wrong is mended, they can go their way again. */
export function DeadLettersPage() {
  const filters = useAddressFilters(FILTERS);
  const { service, replayed } = filters.values;
  const [shown, setShown] = useState<DeadLetter | null>(null);
  const query = {
    ...(service === undefined ? {} : { service: service as Service }),
    ...(replayed === undefined ? {} : { replayed: replayed === 'true' }),
    ...(filters.cursor === undefined ? {} : { cursor: filters.cursor }),
  };
  const list = useQuery({
    queryKey: ['dead-letters', query],
    ...ONE_PAGE,
    queryFn: ({ signal }) => answered(api.GET('/v1/dead-letters', { params: { query }, signal })),
  });
  const columns: Column<DeadLetter>[] = [
    { header: 'Recorded', width: 165, cell: ({ recordedAt }) => <Moment at={recordedAt} /> },
    { header: 'Service', width: 170, cell: ({ service: of }) => of },
    {
      header: 'Message',
      width: 240,
      cell: ({ topic, partition, offset }) => <PlainText text={`${topic} ${partition}:${offset}`} mono lines={2} />,
    },
    { header: 'Reason', cell: ({ reason }) => <PlainText text={reason} lines={3} /> },
    { header: 'Replayed', width: 165, cell: ({ replayedAt }) => <Moment at={replayedAt} /> },
    {
      header: 'Action',
      width: 90,
      align: 'right',
      cell: (letter) => (
        <Button size="xs" variant="default" aria-label={`Show ${letter.id}`} onClick={() => setShown(letter)}>
          Show
        </Button>
      ),
    },
  ];
  return (
    <>
      <PageHeader
        title="Dead letters"
        detail="Messages that could not be read or worked."
        actions={<ReplayAll service={query.service} />}
      />
      <FilterBar isFiltered={Object.keys(filters.values).length > 0} onClear={filters.clear}>
        <Select
          label="Service"
          placeholder="Any"
          data={SERVICES}
          clearable
          clearButtonProps={{ 'aria-label': 'Any service' }}
          value={service ?? null}
          onChange={(value) => filters.set({ service: value })}
          w={200}
        />
        <Select
          label="Replayed"
          placeholder="Any"
          data={[
            { value: 'false', label: 'Not yet' },
            { value: 'true', label: 'Yes' },
          ]}
          clearable
          clearButtonProps={{ 'aria-label': 'Replayed or not' }}
          value={replayed ?? null}
          onChange={(value) => filters.set({ replayed: value })}
          w={130}
        />
      </FilterBar>
      <PagedList
        label="Dead letters"
        columns={columns}
        list={list}
        paging={filters}
        keyOf={({ id }) => id}
        minWidth={980}
        empty={{ title: 'No dead letters', description: 'Every message could be read and worked.' }}
      />
      {shown !== null && <DeadLetterDialog letter={shown} onClose={() => setShown(null)} />}
    </>
  );
}

function ReplayAll({ service }: { service: Service | undefined }) {
  const client = useQueryClient();
  const replay = useMutation({
    mutationFn: () =>
      answered(api.POST('/v1/dead-letters/replay', { body: { limit: MAX_REPLAYED, ...(service === undefined ? {} : { service }) } })),
    onSuccess: ({ replayed, refusedCount, more }) => {
      tellDone(`${replayed} replayed, ${refusedCount} refused${more ? '; there are more' : ''}.`);
      return client.invalidateQueries({ queryKey: ['dead-letters'] });
    },
    onError: (problem) => tellProblem('Nothing is replayed', problem),
  });
  return (
    <Button
      variant="default"
      loading={replay.isPending}
      onClick={() =>
        modals.openConfirmModal({
          title: 'Replay what was not replayed yet?',
          children: (
            <Text size="sm">The oldest 1,000{service === undefined ? '' : ` of ${service}`}. What is known already is not done again.</Text>
          ),
          labels: { confirm: 'Replay', cancel: 'Cancel' },
          onConfirm: () => replay.mutate(),
        })
      }
    >
      Replay all
    </Button>
  );
}

function DeadLetterDialog({ letter, onClose }: { letter: DeadLetter; onClose: () => void }) {
  const client = useQueryClient();
  const params = { path: { deadLetterId: letter.id } };
  const { data, error } = useQuery({
    queryKey: ['dead-letters', letter.id],
    queryFn: ({ signal }) => answered(api.GET('/v1/dead-letters/{deadLetterId}', { params, signal })),
  });
  const replay = useMutation({
    mutationFn: () => answered(api.POST('/v1/dead-letters/{deadLetterId}/replay', { params, body: { force: letter.replayedAt !== null } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['dead-letters'] });
      tellDone('It is on its way again.');
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title="Dead letter" size="lg">
      <Stack>
        <PlainText text={letter.reason} lines={10} />
        <ProblemAlert problem={error ?? replay.error} title={error === null ? 'It is not replayed' : 'It cannot be shown'} />
        {[data?.key ?? null, data?.value ?? null].map(
          (part, index) =>
            part !== null && (
              <Code key={index} block className="plain wire" tabIndex={0}>
                {bodyText(part)}
              </Code>
            ),
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button loading={replay.isPending} onClick={() => replay.mutate()}>
            {letter.replayedAt === null ? 'Replay' : 'Replay once more'}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

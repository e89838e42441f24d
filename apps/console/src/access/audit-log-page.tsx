import { Badge, Button, Code, Modal, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';
import type { AuditEntry } from '../api/shapes.js';
import { useAddressFilters } from '../page/address-filters.js';
import { FilterBar } from '../page/filter-bar.js';
import type { Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { ONE_PAGE } from '../page/one-page.js';
import { PageHeader } from '../page/page-header.js';
import { PagedList } from '../page/paged-list.js';
import { PlainText } from '../page/plain-text.js';
import { TextFilter } from '../page/text-filter.js';
import { TimeFilter } from '../page/time-filter.js';

const FILTERS = ['actor', 'action', 'subject', 'from', 'to'] as const;
const COLOURS = { done: 'green', refused: 'gray', failed: 'red', unknown: 'yellow' } as const;

/** Who did what, when, to what, from where. */
export function AuditLogPage() {
  const filters = useAddressFilters(FILTERS);
  const { values, set } = filters;
  const [shown, setShown] = useState<AuditEntry | null>(null);
  const query = { ...values, ...(filters.cursor === undefined ? {} : { cursor: filters.cursor }) };
  const list = useQuery({
    queryKey: ['audit-log', query],
    ...ONE_PAGE,
    queryFn: ({ signal }) => answered(api.GET('/v1/audit-log', { params: { query }, signal })),
  });
  const columns: Column<AuditEntry>[] = [
    { header: 'When', width: 165, cell: ({ at }) => <Moment at={at} /> },
    { header: 'Who', cell: ({ actor }) => <PlainText text={actor.name} fw={500} /> },
    { header: 'Did', width: 190, cell: ({ action }) => <PlainText text={action} mono /> },
    { header: 'To', cell: ({ subject }) => <PlainText text={subject} mono lines={2} /> },
    {
      header: 'Outcome',
      width: 110,
      cell: ({ outcome }) => (
        <Badge color={COLOURS[outcome]} variant="light" radius="sm" tt="capitalize">
          {outcome}
        </Badge>
      ),
    },
    { header: 'From', width: 140, cell: ({ address }) => <PlainText text={address} mono /> },
    {
      header: 'Action',
      width: 90,
      align: 'right',
      cell: (entry) => (
        <Button size="xs" variant="default" aria-label={`Show entry ${entry.id}`} onClick={() => setShown(entry)}>
          Show
        </Button>
      ),
    },
  ];
  return (
    <>
      <PageHeader title="Audit log" detail="Every change, by whom, when, before and after; newest first." />
      <FilterBar isFiltered={Object.keys(values).length > 0} onClear={filters.clear}>
        <TextFilter label="Who" value={values.actor} onChange={(actor) => set({ actor })} w={200} />
        <TextFilter label="Did" value={values.action} onChange={(action) => set({ action })} w={160} />
        <TextFilter label="To" placeholder="offers/7" value={values.subject} onChange={(subject) => set({ subject })} w={180} />
        <TimeFilter label="From" value={values.from} onChange={(from) => set({ from })} />
        <TimeFilter label="Until" value={values.to} onChange={(to) => set({ to })} />
      </FilterBar>
      <PagedList
        label="Audit log"
        columns={columns}
        list={list}
        paging={filters}
        keyOf={({ id }) => id}
        minWidth={1050}
        empty={{ title: 'No entry matches', description: 'Widen the time, or take a filter away.' }}
      />
      {shown !== null && <EntryDialog entry={shown} onClose={() => setShown(null)} />}
    </>
  );
}

function EntryDialog({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const parts = [
    ['Asked', entry.request],
    ['Before', entry.before],
    ['After', entry.after],
  ] as const;
  return (
    <Modal opened onClose={onClose} title={`${entry.action} by ${entry.actor.name}`} size="lg">
      <Stack gap="xs">
        <Text size="sm" className="plain">
          {entry.subject}, request {entry.requestId}, {entry.userAgent}
        </Text>
        {parts.map(([title, value]) =>
          value === null || value === undefined ? null : (
            <div key={title}>
              <Title order={3} size="h6">
                {title}
              </Title>
              <Code block className="plain wire" tabIndex={0}>
                {JSON.stringify(value, null, 2)}
              </Code>
            </div>
          ),
        )}
      </Stack>
    </Modal>
  );
}

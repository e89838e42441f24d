import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import IconPlus from '@tabler/icons-react/icons/IconPlus';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { answered, asProblem } from '../api/api-problem.js';
import { api, ifMatch } from '../api/client.js';
import type { Affiliate } from '../api/shapes.js';
import { EditConflict } from '../offers/edit-conflict.js';
import { useAddressFilters } from '../page/address-filters.js';
import type { Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { DialogButtons } from '../page/dialog-buttons.js';
import { NameSearch } from '../page/name-search.js';
import { PageHeader } from '../page/page-header.js';
import { PagedList } from '../page/paged-list.js';
import { PlainText } from '../page/plain-text.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { showFieldProblems } from '../page/show-field-problems.js';
import { tellDone } from '../page/tell.js';
import { useAffiliates } from './affiliate.queries.js';

const FILTERS = ['search'] as const;

export function AffiliatesPage() {
  const filters = useAddressFilters(FILTERS);
  const [edited, setEdited] = useState<Affiliate | 'new' | null>(null);
  const list = useAffiliates({
    ...(filters.values.search === undefined ? {} : { search: filters.values.search }),
    ...(filters.cursor === undefined ? {} : { cursor: filters.cursor }),
  });
  const columns: Column<Affiliate>[] = [
    { header: 'ID', width: 80, cell: ({ id }) => <span className="figures">{id}</span> },
    { header: 'Name', cell: ({ name }) => <PlainText text={name} fw={500} lines={2} /> },
    { header: 'Created', width: 175, cell: ({ createdAt }) => <Moment at={createdAt} /> },
    { header: 'Updated', width: 175, cell: ({ updatedAt }) => <Moment at={updatedAt} /> },
    {
      header: 'Action',
      width: 190,
      align: 'right',
      cell: (affiliate) => (
        <Group gap={6} justify="flex-end" wrap="nowrap">
          <Button
            size="xs"
            variant="subtle"
            component={Link}
            to={`/deliveries?affiliateId=${affiliate.id}`}
            aria-label={`Deliveries of affiliate ${affiliate.id}`}
          >
            Deliveries
          </Button>
          <Button size="xs" variant="default" aria-label={`Edit affiliate ${affiliate.id}`} onClick={() => setEdited(affiliate)}>
            Edit
          </Button>
        </Group>
      ),
    },
  ];
  const newAffiliate = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited('new')}>
      New Affiliate
    </Button>
  );
  return (
    <>
      <PageHeader title="Affiliates" detail="Partners that bring traffic." actions={newAffiliate} />
      <Group mb="sm" component="search">
        <NameSearch what="affiliates" value={filters.values.search} onChange={(search) => filters.set({ search })} />
      </Group>
      <PagedList
        label="Affiliates"
        columns={columns}
        list={list}
        paging={filters}
        keyOf={({ id }) => id}
        empty={
          filters.values.search === undefined
            ? { title: 'No affiliates yet', description: 'Make the first one, then callbacks for it.', action: newAffiliate }
            : { title: 'No affiliate matches', description: 'Search for another part of the name.' }
        }
      />
      {edited !== null && <AffiliateDialog affiliate={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />}
    </>
  );
}

function AffiliateDialog({ affiliate, onClose }: { affiliate: Affiliate | null; onClose: () => void }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { name: affiliate?.name ?? '' },
    validate: { name: (name) => (name.trim() === '' ? 'Give the affiliate a name' : null) },
  });
  const save = useMutation({
    mutationFn: ({ name, version }: { name: string; version: number | undefined }) =>
      affiliate === null || version === undefined
        ? answered(api.POST('/v1/affiliates', { body: { name } }))
        : answered(
            api.PATCH('/v1/affiliates/{affiliateId}', {
              params: { path: { affiliateId: affiliate.id }, ...ifMatch(version) },
              body: { name },
            }),
          ),
    onSuccess: async ({ id }) => {
      await client.invalidateQueries({ queryKey: ['affiliates'] });
      tellDone(`Affiliate ${id} is saved.`);
      onClose();
    },
    onError: (problem) => showFieldProblems(form, problem),
  });
  const problem = save.error === null ? null : asProblem(save.error);
  const theirs = problem?.status === 412 ? (problem.current as Affiliate) : null;
  return (
    <Modal opened onClose={onClose} title={affiliate === null ? 'New Affiliate' : `Edit Affiliate ${affiliate.id}`}>
      <form onSubmit={form.onSubmit(({ name }) => save.mutate({ name, version: affiliate?.version }))} noValidate>
        <Stack>
          {theirs === null ? (
            <ProblemAlert problem={problem} title="The affiliate is not saved" shownPaths={(path) => path === 'name'} />
          ) : (
            <EditConflict
              changes={[{ field: 'Name', theirs: theirs.name, yours: form.values.name }]}
              onKeepMine={() => save.mutate({ name: form.values.name, version: theirs.version })}
              onTakeTheirs={onClose}
            />
          )}
          <TextInput label="Name" maxLength={255} data-autofocus {...form.getInputProps('name')} />
          <DialogButtons onCancel={onClose} loading={save.isPending} />
        </Stack>
      </form>
    </Modal>
  );
}

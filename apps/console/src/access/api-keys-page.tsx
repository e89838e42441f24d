import { Button, Modal, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { modals } from '@mantine/modals';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answered } from '../api/api-problem.js';
import { api, ifMatch } from '../api/client.js';
import type { ApiKey } from '../api/shapes.js';
import { useAddressFilters } from '../page/address-filters.js';
import type { Column } from '../page/list-table.js';
import { Moment } from '../page/moment.js';
import { ONE_PAGE } from '../page/one-page.js';
import { DialogButtons } from '../page/dialog-buttons.js';
import { PageHeader } from '../page/page-header.js';
import { PagedList } from '../page/paged-list.js';
import { PlainText } from '../page/plain-text.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { showFieldProblems } from '../page/show-field-problems.js';
import { checkId } from '../page/text-filter.js';
import { TimeFilter } from '../page/time-filter.js';
import { tellDone, tellProblem } from '../page/tell.js';
import { ROLES } from './roles.js';
import { ShownOnce } from './shown-once.js';

const NO_FILTERS = [] as const;

export function ApiKeysPage() {
  const paging = useAddressFilters(NO_FILTERS);
  const { cursor } = paging;
  const [isMaking, setMaking] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const list = useQuery({
    queryKey: ['api-keys', cursor],
    ...ONE_PAGE,
    queryFn: ({ signal }) => answered(api.GET('/v1/api-keys', { params: { query: cursor === undefined ? {} : { cursor } }, signal })),
  });
  const columns: Column<ApiKey>[] = [
    { header: 'Name', cell: ({ name }) => <PlainText text={name} fw={500} /> },
    { header: 'Begins with', width: 130, cell: ({ prefix }) => <PlainText text={`${prefix}…`} mono /> },
    { header: 'Role', width: 95, cell: ({ role }) => role },
    { header: 'Offers', width: 130, cell: ({ offerIds }) => <PlainText text={offerIds === null ? 'All' : offerIds.join(', ')} /> },
    { header: 'Last used', width: 165, cell: ({ lastUsedAt }) => <Moment at={lastUsedAt} /> },
    { header: 'Expires', width: 165, cell: ({ expiresAt }) => <Moment at={expiresAt} /> },
    { header: 'Action', width: 160, align: 'right', cell: (key) => <Revoke apiKey={key} /> },
  ];
  return (
    <>
      <PageHeader
        title="API keys"
        detail="For services that call the API."
        actions={<Button onClick={() => setMaking(true)}>New API key</Button>}
      />
      <PagedList
        label="API keys"
        columns={columns}
        list={list}
        paging={paging}
        keyOf={({ id }) => id}
        minWidth={980}
        empty={{ title: 'No API keys', description: 'Make one for each service, so that each can be revoked by itself.' }}
      />
      {isMaking && <NewKeyDialog onClose={() => setMaking(false)} onMade={setMade} />}
      {made !== null && (
        <ShownOnce
          title="The key"
          note="It is shown this once and stored hashed: keep it where its service reads it."
          secret={made}
          onClose={() => setMade(null)}
        />
      )}
    </>
  );
}

function Revoke({ apiKey: { id, name, version, revokedAt } }: { apiKey: ApiKey }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => answered(api.DELETE('/v1/api-keys/{keyId}', { params: { path: { keyId: id }, ...ifMatch(version) } })),
    onSuccess: () => tellDone(`The key “${name}” is revoked.`),
    onSettled: () => client.invalidateQueries({ queryKey: ['api-keys'] }),
    onError: (problem) => tellProblem('The key is not revoked', problem),
  });
  if (revokedAt !== null)
    return (
      <Text size="xs" c="dimmed">
        Revoked <Moment at={revokedAt} size="xs" />
      </Text>
    );
  return (
    <Button
      size="xs"
      variant="default"
      aria-label={`Revoke ${name}`}
      onClick={() =>
        modals.openConfirmModal({
          title: `Revoke “${name}”?`,
          children: <Text size="sm">Whoever uses it is refused at once, for good. Make another key first if it is still needed.</Text>,
          labels: { confirm: 'Revoke', cancel: 'Cancel' },
          confirmProps: { color: 'red' },
          onConfirm: () => revoke.mutate(),
        })
      }
    >
      Revoke
    </Button>
  );
}

function NewKeyDialog({ onClose, onMade }: { onClose: () => void; onMade: (key: string) => void }) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { name: '', role: 'service', offerIds: [] as string[], expiresAt: null as string | null },
    validate: {
      name: (name) => (name.trim() === '' ? 'Say who uses it' : null),
      offerIds: (ids) => ids.map(checkId).find((fault) => fault !== null) ?? null,
    },
  });
  const make = useMutation({
    mutationFn: ({ name, role, offerIds, expiresAt }: typeof form.values) =>
      answered(
        api.POST('/v1/api-keys', { body: { name, role, offerIds: offerIds.length === 0 ? null : offerIds.map(Number), expiresAt } }),
      ),
    onSuccess: async ({ key }) => {
      await client.invalidateQueries({ queryKey: ['api-keys'] });
      onClose();
      onMade(key);
    },
    onError: (problem) => showFieldProblems(form, problem),
  });
  return (
    <Modal opened onClose={onClose} title="New API key">
      <form onSubmit={form.onSubmit((values) => make.mutate(values))} noValidate>
        <Stack>
          <ProblemAlert problem={make.error} title="No key is made" shownPaths={(path) => path === 'name' || path === 'role'} />
          <TextInput label="Name" description="Who uses it" maxLength={100} data-autofocus {...form.getInputProps('name')} />
          <Select label="Role" data={ROLES} allowDeselect={false} {...form.getInputProps('role')} />
          <TagsInput label="Offer IDs" description="Empty: all offers. Enter adds one." {...form.getInputProps('offerIds')} />
          <TimeFilter
            label="Expires"
            value={form.values.expiresAt ?? undefined}
            onChange={(value) => form.setFieldValue('expiresAt', value)}
          />
          <DialogButtons onCancel={onClose} loading={make.isPending} />
        </Stack>
      </form>
    </Modal>
  );
}

import { Button, EmptyState, Group, NumberInput, Paper, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { CallbackVersion } from '../api/shapes.js';
import { useConfiguredOffer } from '../offers/configure-offer-page.js';
import { useAddressFilters } from '../page/address-filters.js';
import { Moment } from '../page/moment.js';
import { Pager } from '../page/pager.js';
import { PlainText } from '../page/plain-text.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { tellDone, tellProblem } from '../page/tell.js';
import { useCallbackVersions, useRestoreVersion } from './callback.queries.js';
import { changedBetween } from './changed-fields.js';

const FILTERS = ['callbackId'] as const;

/** Every version of a callback, a deleted one too: by whom, when, what changed; any of them can be restored. */
export function HistoryTab() {
  const offer = useConfiguredOffer();
  const filters = useAddressFilters(FILTERS);
  const callbackId = filters.values.callbackId === undefined ? null : Number(filters.values.callbackId);
  const { data, error, refetch } = useCallbackVersions(offer.id, callbackId, filters.cursor);
  const restore = useRestoreVersion(offer.id);

  const askToRestore = ({ id, version }: CallbackVersion) =>
    modals.openConfirmModal({
      title: `Restore version ${version}?`,
      children: <Text size="sm">Callback {id} becomes what it was then, as a new version. Nothing of its history is lost.</Text>,
      labels: { confirm: 'Restore', cancel: 'Cancel' },
      onConfirm: () =>
        restore.mutate(
          { callbackId: id, version },
          {
            onSuccess: () => tellDone(`Callback ${id} is what it was in version ${version}.`),
            onError: (problem) => tellProblem('The version is not restored', problem),
          },
        ),
    });

  return (
    <Stack>
      <NumberInput
        label="Callback"
        description="Its ID; of a deleted one too"
        min={1}
        allowDecimal={false}
        w={240}
        value={callbackId ?? ''}
        onChange={(value) => filters.set({ callbackId: value === '' ? null : String(value) })}
      />
      {callbackId === null ? (
        <EmptyState title="Whose history?" description="Write the ID of a callback, or choose History in its row." />
      ) : error !== null ? (
        <ProblemAlert problem={error} title="The history cannot be shown" onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton h={200} />
      ) : (
        <>
          {data.items.map((version, index) => (
            <Version
              key={version.version}
              version={version}
              older={data.items[index + 1]}
              isNewest={index === 0 && filters.isFirstPage}
              onRestore={() => askToRestore(version)}
            />
          ))}
          <Pager isFirstPage={filters.isFirstPage} nextCursor={data.nextCursor} toPage={filters.toPage} />
        </>
      )}
    </Stack>
  );
}

interface VersionProps {
  readonly version: CallbackVersion;
  /** Undefined for the first version, and at the end of a page. */
  readonly older: CallbackVersion | undefined;
  readonly isNewest: boolean;
  readonly onRestore: () => void;
}

function Version({ version, older, isNewest, onRestore }: VersionProps) {
  const isDeletion = version.deletedAt !== null;
  const changes = older === undefined || isDeletion ? [] : changedBetween(older, version);
  return (
    <Paper withBorder p="sm" component="article" aria-label={`Version ${version.version}`}>
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={2} size="h5">
            Version {version.version}
          </Title>
          <Moment at={version.updatedAt} />
          <Text size="sm" className="plain">
            by {version.changedBy}
          </Text>
          <Text size="sm" c="dimmed" className="figures">
            revision {version.revision}
          </Text>
        </Group>
        {!isDeletion && !isNewest && (
          <Button size="xs" variant="default" onClick={onRestore} aria-label={`Restore version ${version.version}`}>
            Restore
          </Button>
        )}
      </Group>
      {isDeletion ? (
        <Text size="sm">Deleted.</Text>
      ) : version.version === 1 ? (
        <Text size="sm" className="plain">
          Made: {version.url}
        </Text>
      ) : changes.length === 0 ? (
        <Text size="sm" c="dimmed">
          {older === undefined ? 'What changed is on the next page.' : 'Nothing that can be read changed; a secret may have.'}
        </Text>
      ) : (
        <Table fz="sm" mt="xs" layout="fixed" aria-label={`Changes of version ${version.version}`}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={160}>Field</Table.Th>
              <Table.Th>Before</Table.Th>
              <Table.Th>After</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {changes.map(({ field, theirs, yours }) => (
              <Table.Tr key={field}>
                <Table.Th scope="row">{field}</Table.Th>
                <Table.Td>
                  <PlainText text={theirs} lines={6} />
                </Table.Td>
                <Table.Td>
                  <PlainText text={yours} lines={6} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Paper>
  );
}

import { Alert, Button, Group, Table, Text } from '@mantine/core';
import IconUsers from '@tabler/icons-react/icons/IconUsers';
import { PlainText } from '../page/plain-text.js';

interface EditConflictProps {
  readonly changes: readonly { readonly field: string; readonly theirs: string; readonly yours: string }[];
  readonly onKeepMine: () => void;
  readonly onTakeTheirs: () => void;
}

/** Someone else saved first: shows what of it differs from what was typed here, and lets one decide. Nothing typed is lost. */
export function EditConflict({ changes, onKeepMine, onTakeTheirs }: EditConflictProps) {
  const differing = changes.filter(({ theirs, yours }) => theirs !== yours);
  return (
    <Alert color="yellow" title="Someone else saved this meanwhile" icon={<IconUsers />} role="alert">
      {differing.length === 0 ? (
        <Text size="sm">They saved the same as you.</Text>
      ) : (
        <Table fz="sm" layout="fixed" aria-label="What differs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={150}>Field</Table.Th>
              <Table.Th>Theirs</Table.Th>
              <Table.Th>Yours</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {differing.map(({ field, theirs, yours }) => (
              <Table.Tr key={field}>
                <Table.Th scope="row">{field}</Table.Th>
                <Table.Td>
                  <PlainText text={theirs} lines={4} />
                </Table.Td>
                <Table.Td>
                  <PlainText text={yours} lines={4} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Group mt="sm" gap="xs">
        <Button size="xs" onClick={onKeepMine}>
          Save mine
        </Button>
        <Button size="xs" variant="default" onClick={onTakeTheirs}>
          Take theirs
        </Button>
      </Group>
    </Alert>
  );
}

import { ActionIcon, Button, Group, Menu } from '@mantine/core';
import IconDots from '@tabler/icons-react/icons/IconDots';
import { Link } from 'react-router';
import type { Callback } from '../api/shapes.js';
import type { CallbackTask } from './callback-dialog.js';

interface CallbackActionsProps {
  readonly callback: Callback;
  readonly onTask: (task: CallbackTask) => void;
  readonly onEnabled: (callback: Callback, enabled: boolean) => void;
  readonly onDelete: (callback: Callback) => void;
}

/** What one does with a callback in the list. */
export function CallbackActions({ callback, onTask, onEnabled, onDelete }: CallbackActionsProps) {
  const { id, offerId, enabled } = callback;
  return (
    <Group gap={6} justify="flex-end" wrap="nowrap">
      <Button size="xs" variant="default" aria-label={`Edit callback ${id}`} onClick={() => onTask({ kind: 'edit', callback })}>
        Edit
      </Button>
      <Menu position="bottom-end" width={210}>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={`More for callback ${id}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => onTask({ kind: 'copy', callback })}>Duplicate</Menu.Item>
          <Menu.Item onClick={() => onEnabled(callback, !enabled)}>{enabled ? 'Disable' : 'Enable'}</Menu.Item>
          <Menu.Item component={Link} to={`/deliveries?callbackId=${id}`}>
            Deliveries
          </Menu.Item>
          <Menu.Item component={Link} to={`/offers/${offerId}/history?callbackId=${id}`}>
            History
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" onClick={() => onDelete(callback)}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

import { Alert, Button, Code, CopyButton, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

interface ShownOnceProps {
  readonly title: string;
  /** What to do with it, and until when. */
  readonly note: ReactNode;
  readonly secret: string;
  readonly onClose: () => void;
}

/** A secret that nobody is shown again: a click beside the dialog does not lose it. */
export function ShownOnce({ title, note, secret, onClose }: ShownOnceProps) {
  return (
    <Modal opened onClose={onClose} title={title} closeOnClickOutside={false}>
      <Stack>
        <Alert color="yellow" variant="light">
          {note}
        </Alert>
        <Code block className="plain wire" tabIndex={0}>
          {secret}
        </Code>
        <Group justify="flex-end">
          <CopyButton value={secret}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

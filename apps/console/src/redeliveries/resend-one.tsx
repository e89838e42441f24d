import { Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { Delivery } from '../api/shapes.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { tellDone } from '../page/tell.js';
import { useRedeliver } from './redelivery.queries.js';

/** Sends one delivery that has ended again. */
export function ResendOne({ delivery }: { delivery: Delivery }) {
  const [opened, { open, close }] = useDisclosure(false);
  const [asNew, setAsNew] = useState(false);
  const navigate = useNavigate();
  const resend = useRedeliver(delivery.id);
  if (delivery.settledAt === null) return null;
  return (
    <>
      <Button onClick={open}>Resend</Button>
      <Modal opened={opened} onClose={close} title="Resend this delivery?">
        <Stack>
          <Text size="sm">
            One attempt now, with the callback as it is configured today.
            {delivery.status === 'delivered' ? ' It was delivered before: the receiver will see it once more.' : ''}
          </Text>
          <Checkbox
            label="As a new delivery"
            description="With an id of its own: receivers that drop repeats by webhook-id take it as new."
            checked={asNew}
            onChange={({ currentTarget: { checked } }) => setAsNew(checked)}
          />
          <ProblemAlert problem={resend.error} title="It is not sent" />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button
              loading={resend.isPending}
              onClick={() =>
                resend.mutate(asNew, {
                  onSuccess: ({ id }) => {
                    close();
                    tellDone('It is being sent.');
                    if (id !== delivery.id) void navigate(`/deliveries/${id}`);
                  },
                })
              }
            >
              Resend
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

import { Anchor, Group, Text, Timeline } from '@mantine/core';
import IconPlus from '@tabler/icons-react/icons/IconPlus';
import IconRefresh from '@tabler/icons-react/icons/IconRefresh';
import IconSend from '@tabler/icons-react/icons/IconSend';
import { Link } from 'react-router';
import type { ConversionWithDeliveries, Delivery } from '../api/shapes.js';
import { Moment } from '../page/moment.js';
import { PlainText } from '../page/plain-text.js';
import { StatusBadge } from '../page/status-badge.js';

type HistoryEntry = ConversionWithDeliveries['history'][number];

/** Each state of the conversion, oldest first, and below it what of it was delivered to whom. */
export function ConversionTimeline({ conversion }: { conversion: ConversionWithDeliveries }) {
  const ofEvent = Map.groupBy(conversion.deliveries ?? [], ({ eventId }) => eventId);
  return (
    <Timeline bulletSize={26} lineWidth={2} active={conversion.history.length * 1_000}>
      {conversion.history.flatMap((entry) => [
        <Timeline.Item
          key={entry.eventId}
          title={entry.previousStatus === null ? 'Created' : 'Status changed'}
          bullet={entry.previousStatus === null ? <IconPlus size={14} /> : <IconRefresh size={14} />}
        >
          <State entry={entry} />
        </Timeline.Item>,
        ...(ofEvent.get(entry.eventId) ?? []).map((delivery) => (
          <Timeline.Item key={delivery.id} title={<DeliveryTitle delivery={delivery} />} bullet={<IconSend size={14} />}>
            <DeliveryState delivery={delivery} />
          </Timeline.Item>
        )),
      ])}
    </Timeline>
  );
}

function State({ entry }: { entry: HistoryEntry }) {
  return (
    <>
      <Group gap="xs">
        {entry.previousStatus !== null && (
          <>
            <StatusBadge status={entry.previousStatus} />
            <span aria-label="became">→</span>
          </>
        )}
        <StatusBadge status={entry.status} />
        <Moment at={entry.at} />
        <Text size="xs" c="dimmed" className="figures">
          under revision {entry.revision}
        </Text>
      </Group>
      {entry.rejectReason !== null && <PlainText text={entry.rejectReason} lines={4} mt={4} />}
    </>
  );
}

function DeliveryTitle({ delivery }: { delivery: Delivery }) {
  return (
    <Anchor component={Link} to={`/deliveries/${delivery.id}`} size="sm">
      Delivery of callback {delivery.callbackId}
    </Anchor>
  );
}

function DeliveryState({ delivery }: { delivery: Delivery }) {
  const { status, attempts, httpStatus, settledAt, nextAttemptAt, destination, error } = delivery;
  return (
    <>
      <Group gap="xs">
        <StatusBadge status={status} />
        <Text size="sm" className="figures">
          {attempts === 1 ? '1 attempt' : `${attempts} attempts`}
          {httpStatus === null ? '' : `, HTTP ${httpStatus}`}
        </Text>
        {settledAt !== null ? (
          <Moment at={settledAt} />
        ) : (
          nextAttemptAt !== null && (
            <Text size="sm">
              next <Moment at={nextAttemptAt} />
            </Text>
          )
        )}
      </Group>
      {destination !== null && <PlainText text={destination} mono mt={2} />}
      {error !== null && <PlainText text={error} lines={3} mt={2} />}
    </>
  );
}

import { Accordion, Alert, Anchor, Badge, Group, List, Skeleton, Text, ThemeIcon } from '@mantine/core';
import IconCheck from '@tabler/icons-react/icons/IconCheck';
import IconMinus from '@tabler/icons-react/icons/IconMinus';
import IconX from '@tabler/icons-react/icons/IconX';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';
import type { ConversionExplanation } from '../api/shapes.js';
import { Moment } from '../page/moment.js';
import { PlainText } from '../page/plain-text.js';
import { ProblemAlert } from '../page/problem-alert.js';

type Event = ConversionExplanation['items'][number];
type Explained = Event['callbacks'][number];

const STATES = {
  met: { Icon: IconCheck, color: 'green' },
  unmet: { Icon: IconX, color: 'red' },
  ignored: { Icon: IconMinus, color: 'gray' },
} as const;

/** Why did this (not) fire? Every callback of the offer, condition by condition, for each event of the conversion. */
export function Explanation({ conversionId }: { conversionId: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['conversions', conversionId, 'explanation'],
    queryFn: ({ signal }) =>
      answered(api.GET('/v1/conversions/{conversionId}/explanation', { params: { path: { conversionId } }, signal })),
  });
  if (error !== null) return <ProblemAlert problem={error} title="It cannot be explained now" onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeleton h={160} />;
  return (
    <>
      {data.missing !== null && (
        <Alert color="yellow" variant="light" mb="sm">
          {data.missing}
        </Alert>
      )}
      {data.items.map((event) => (
        <ExplainedEvent key={event.eventId} event={event} />
      ))}
      {data.nextCursor !== null && <Text size="sm">Later events of this conversion are not shown.</Text>}
    </>
  );
}

function ExplainedEvent({ event }: { event: Event }) {
  return (
    <section aria-label={`Version ${event.version}`}>
      <Group gap="xs" mt="md" mb={4}>
        <Text fw={600} size="sm">
          {event.type === 'ConversionCreated' ? `Created as ${event.status}` : `${event.previousStatus} → ${event.status}`}
        </Text>
        <Moment at={event.recordedAt} />
        <Text size="xs" c="dimmed">
          under revision {event.revision}
          {event.goalsEnabled === null ? '' : event.goalsEnabled ? ', goals on' : ', goals off'}
        </Text>
      </Group>
      {event.callbacks.length === 0 && <Text size="sm">The offer had no callbacks.</Text>}
      <Accordion variant="separated" multiple>
        {event.callbacks.map((callback) => (
          <ExplainedCallback key={callback.callbackId} callback={callback} />
        ))}
      </Accordion>
      {event.callbacksNotShown > 0 && (
        <Text size="sm" mt={4}>
          {event.callbacksNotShown.toLocaleString('en')} more callbacks, further from firing, are not shown.
        </Text>
      )}
    </section>
  );
}

function ExplainedCallback({ callback }: { callback: Explained }) {
  const { callbackId, name, fires, reason, conditions, delivery, version } = callback;
  return (
    <Accordion.Item value={String(callbackId)}>
      <Accordion.Control>
        <Group gap="xs" wrap="nowrap">
          <Badge color={fires === null ? 'gray' : fires ? 'green' : 'red'} variant="light" radius="sm" flex="none">
            {fires === null ? 'Not known' : fires ? 'Fired' : 'Did not fire'}
          </Badge>
          <PlainText text={`${name ?? 'Callback'} (${callbackId}): ${reason}`} lines={2} />
        </Group>
      </Accordion.Control>
      <Accordion.Panel>
        <List size="sm" spacing={4} center>
          {conditions.map(({ condition, state, expected, actual, reason: why }) => {
            const { Icon, color } = STATES[state];
            return (
              <List.Item
                key={condition}
                icon={
                  <ThemeIcon size={18} radius="xl" color={color} variant="light" aria-label={state} role="img">
                    <Icon size={12} />
                  </ThemeIcon>
                }
              >
                <span className="plain">
                  <b>{condition}</b>: wants {expected}, is {actual}
                  {why === null ? '' : ` (${why})`}
                </span>
              </List.Item>
            );
          })}
        </List>
        {version !== null && (
          <Text size="xs" c="dimmed" mt="xs" className="plain">
            Version {version.number} by {version.changedBy}, <Moment at={version.changedAt} size="xs" />
          </Text>
        )}
        {delivery !== null && (
          <Text size="sm" mt="xs">
            <Anchor component={Link} to={`/deliveries/${delivery.id}`} size="sm">
              Its delivery
            </Anchor>{' '}
            {delivery.detail ?? delivery.current?.status}
          </Text>
        )}
      </Accordion.Panel>
    </Accordion.Item>
  );
}

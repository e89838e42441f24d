import { Badge, Button, Card, EmptyState, Group, Progress, Skeleton, Stack, Text, Title } from '@mantine/core';
import { modals } from '@mantine/modals';
import { Link } from 'react-router';
import type { Redelivery } from '../api/shapes.js';
import { useAddressFilters } from '../page/address-filters.js';
import { Moment } from '../page/moment.js';
import { PageHeader } from '../page/page-header.js';
import { Pager } from '../page/pager.js';
import { PlainText } from '../page/plain-text.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { tellProblem } from '../page/tell.js';
import { useZone, withMomentsIn } from '../shell/zone.js';
import { useRedeliveries, useSteerRedelivery } from './redelivery.queries.js';

const NO_FILTERS = [] as const;
const COLOURS = { running: 'blue', paused: 'yellow', cancelled: 'gray', completed: 'green' } as const;

/** What was asked to be sent again, and how far it is. */
export function RedeliveriesPage() {
  const { cursor, isFirstPage, toPage } = useAddressFilters(NO_FILTERS);
  const { data, error, refetch } = useRedeliveries(cursor);
  return (
    <>
      <PageHeader title="Redeliveries" detail="Deliveries that were asked to be sent again, newest first." />
      {error !== null && data === undefined ? (
        <ProblemAlert problem={error} title="They cannot be shown" onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton h={200} />
      ) : data.items.length === 0 ? (
        <EmptyState title="Nothing was sent again yet" description="Filter the log of deliveries, then choose Resend many.">
          <EmptyState.Actions>
            <Button component={Link} to="/deliveries?status=exhausted">
              Exhausted deliveries
            </Button>
          </EmptyState.Actions>
        </EmptyState>
      ) : (
        <Stack gap="sm">
          {data.items.map((redelivery) => (
            <RedeliveryCard key={redelivery.id} redelivery={redelivery} />
          ))}
        </Stack>
      )}
      <Pager isFirstPage={isFirstPage} nextCursor={data?.nextCursor} toPage={toPage} />
    </>
  );
}

function RedeliveryCard({ redelivery }: { redelivery: Redelivery }) {
  const steer = useSteerRedelivery();
  const zone = useZone();
  const { id, state, filter, total, totalIsExact, delivered, failed, waiting, withdrawn, skipped, ratePerSecond, createdBy, createdAt } =
    redelivery;
  const act = (how: 'pause' | 'resume' | 'cancel') =>
    steer.mutate({ redeliveryId: id, how }, { onError: (problem) => tellProblem('Nothing is changed', problem) });
  const askToCancel = () =>
    modals.openConfirmModal({
      title: 'Cancel this redelivery?',
      children: <Text size="sm">What was not sent yet is taken back. What was sent stays sent.</Text>,
      labels: { confirm: 'Cancel it', cancel: 'Let it go on' },
      confirmProps: { color: 'red' },
      onConfirm: () => act('cancel'),
    });
  const passed = skipped.reduce((sum, { count }) => sum + count, 0);
  const share = (count: number) => (total === 0 ? 0 : (100 * count) / total);
  return (
    <Card withBorder p="md" component="article" aria-label={`Redelivery of ${createdAt}`}>
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={2} size="h5">
            {total.toLocaleString('en')}
            {totalIsExact ? '' : '+'} {total === 1 ? 'delivery' : 'deliveries'}
          </Title>
          <Badge color={COLOURS[state]} variant="light" radius="sm" tt="capitalize">
            {state}
          </Badge>
          <Moment at={createdAt} />
          <PlainText text={`by ${createdBy}`} />
        </Group>
        <Group gap="xs">
          {state === 'running' && (
            <Button size="xs" variant="default" onClick={() => act('pause')}>
              Pause
            </Button>
          )}
          {state === 'paused' && (
            <Button size="xs" variant="default" onClick={() => act('resume')}>
              Resume
            </Button>
          )}
          {(state === 'running' || state === 'paused') && (
            <Button size="xs" variant="default" onClick={askToCancel}>
              Cancel
            </Button>
          )}
        </Group>
      </Group>
      <Progress.Root size="lg" my="sm">
        <Progress.Section value={share(delivered)} color="green" aria-label="Delivered" />
        <Progress.Section value={share(failed)} color="red" aria-label="Failed" />
        <Progress.Section value={share(passed + withdrawn)} color="gray" aria-label="Skipped or taken back" />
      </Progress.Root>
      <Text size="sm" className="figures">
        {delivered.toLocaleString('en')} delivered, {failed.toLocaleString('en')} failed, {waiting.toLocaleString('en')} under way,{' '}
        {passed.toLocaleString('en')} skipped{withdrawn === 0 ? '' : `, ${withdrawn.toLocaleString('en')} taken back`}; {ratePerSecond} a
        second
      </Text>
      {skipped.map(({ reason, count }) => (
        <Text key={reason} size="xs" c="dimmed">
          {count.toLocaleString('en')} skipped: {reason.replaceAll('-', ' ')}
        </Text>
      ))}
      <PlainText
        size="xs"
        c="dimmed"
        lines={2}
        text={Object.entries(filter)
          .map(([name, value]) => `${name} ${withMomentsIn(zone, String(value))}`)
          .join(', ')}
      />
      {redelivery.waitsFor !== null && <PlainText text={withMomentsIn(zone, redelivery.waitsFor)} lines={2} />}
      {redelivery.expectedEndAt !== null && redelivery.finishedAt === null && (
        <Text size="xs" c="dimmed">
          Expected to end <Moment at={redelivery.expectedEndAt} size="xs" />
        </Text>
      )}
    </Card>
  );
}

import { Alert, Button, Checkbox, Group, Modal, NumberInput, Select, Skeleton, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { RedeliveryFilter } from '../api/shapes.js';
import { Moment } from '../page/moment.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { tellDone } from '../page/tell.js';
import { TimeFilter } from '../page/time-filter.js';
import { useDryRun, useStartRedelivery } from './redelivery.queries.js';

/** Sent again, a second, unless said otherwise. */
const STANDARD_RATE = 100;
const MAX_RATE = 2_000;

/** Filters of the log that a redelivery has too. */
export type ResendStart = Partial<RedeliveryFilter>;

const ENDED = [
  { value: 'exhausted', label: 'Exhausted' },
  { value: 'cancelled', label: 'Cancelled' },
  { value: 'delivered', label: 'Delivered' },
];

/** Sends all that a filter matches again: first how many that would be, then at which rate. */
export function ResendMany({ start, onClose }: { start: ResendStart; onClose: () => void }) {
  const [now] = useState(() => Date.now());
  const [from, setFrom] = useState(start.from ?? new Date(now - 24 * 3_600_000).toISOString());
  const [to, setTo] = useState(start.to ?? new Date(now).toISOString());
  const [status, setStatus] = useState(start.status ?? 'exhausted');
  const [rate, setRate] = useState<number | string>(STANDARD_RATE);
  const [asNew, setAsNew] = useState(false);
  const navigate = useNavigate();
  const filter: RedeliveryFilter = { ...start, from, to, status };
  const dryRun = useDryRun(filter);
  const resend = useStartRedelivery();
  const { from: _from, to: _to, status: _status, ...others } = start;

  return (
    <Modal opened onClose={onClose} title="Resend many" size="lg">
      <Stack>
        <Group gap="xs" align="flex-end">
          <Select
            label="Deliveries that are"
            data={ENDED}
            allowDeselect={false}
            value={status}
            onChange={(value) => setStatus(value as typeof status)}
            w={150}
          />
          <TimeFilter label="Recorded from" value={from} onChange={(value) => value !== null && setFrom(value)} />
          <TimeFilter label="until before" value={to} onChange={(value) => value !== null && setTo(value)} />
        </Group>
        {Object.keys(others).length > 0 && (
          <Text size="sm" className="plain">
            And{' '}
            {Object.entries(others)
              .map(([name, value]) => `${name} ${String(value)}`)
              .join(', ')}
            , as the log is filtered.
          </Text>
        )}
        {dryRun.error !== null ? (
          <ProblemAlert problem={dryRun.error} title="They cannot be counted" onRetry={() => void dryRun.refetch()} />
        ) : dryRun.data === undefined ? (
          <Skeleton h={64} />
        ) : (
          <Alert
            color={dryRun.data.count === 0 ? 'gray' : 'blue'}
            variant="light"
            title={howMany(dryRun.data.count, dryRun.data.isExact)}
            role="status"
          >
            {dryRun.data.count === 0 ? (
              'Choose another status or time.'
            ) : (
              <Text size="sm">
                First of callback {dryRun.data.sample[0]?.callbackId}, recorded <Moment at={dryRun.data.sample[0]?.recordedAt ?? null} />.
                Nothing is sent yet.
              </Text>
            )}
          </Alert>
        )}
        <NumberInput
          label="Rate per second"
          description={`At most ${MAX_RATE.toLocaleString('en')}; limits, pauses and breakers hold as always`}
          min={1}
          max={MAX_RATE}
          allowDecimal={false}
          value={rate}
          onChange={setRate}
          w={260}
        />
        <Checkbox
          label="As new deliveries"
          description="With ids of their own: receivers that drop repeats by webhook-id take them as new."
          checked={asNew}
          onChange={({ currentTarget: { checked } }) => setAsNew(checked)}
        />
        <ProblemAlert problem={resend.error} title="Nothing is sent" />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            disabled={dryRun.data === undefined || dryRun.data.count === 0 || rate === ''}
            loading={resend.isPending}
            onClick={() =>
              resend.mutate(
                { filter, asNew, ratePerSecond: Number(rate), dryRun: false },
                {
                  onSuccess: () => {
                    tellDone('They are being sent.');
                    onClose();
                    void navigate('/redeliveries');
                  },
                },
              )
            }
          >
            Resend{' '}
            {dryRun.data === undefined || dryRun.data.count === 0
              ? ''
              : `${dryRun.data.count.toLocaleString('en')}${dryRun.data.isExact ? '' : '+'}`}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function howMany(count: number, isExact: boolean): string {
  if (count === 0) return 'No delivery matches';
  return `${isExact ? '' : 'At least '}${count.toLocaleString('en')} ${count === 1 ? 'delivery' : 'deliveries'} would be sent`;
}

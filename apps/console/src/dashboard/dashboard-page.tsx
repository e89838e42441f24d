import '@mantine/charts/styles.css';
import { BarChart, LineChart } from '@mantine/charts';
import { Anchor, Card, Grid, Group, SegmentedControl, SimpleGrid, Skeleton, Text, Title } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Statistics, StatisticsFigures } from '../api/shapes.js';
import { useAddressFilters } from '../page/address-filters.js';
import { ListTable, type Column } from '../page/list-table.js';
import { PageHeader } from '../page/page-header.js';
import { PlainText } from '../page/plain-text.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { ZoneSelect } from '../shell/zone-select.js';
import { formatMoment, useZone } from '../shell/zone.js';
import { useWaiting } from '../waiting/waiting.queries.js';
import { CallbackHealthList } from './callback-health-list.js';
import { FailingCallbacks } from './failing-callbacks.js';
import { RANGES, rangeQuery, type Range } from './ranges.js';
import { useStatistics } from './statistics.queries.js';

type DestinationGroup = Statistics['groups'][number];

const FILTERS = ['range'] as const;
const NO_MOTION = { isAnimationActive: false };

const percent = (rate: number | null) => (rate === null ? '–' : `${(100 * rate).toFixed(rate > 0.999 && rate < 1 ? 2 : 1)} %`);
const ms = (value: number | undefined) =>
  value === undefined ? '–' : value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;

const destinationColumns: Column<DestinationGroup>[] = [
  { header: 'Destination', cell: ({ key }) => <PlainText text={key.destination ?? 'none: not rendered'} mono /> },
  { header: 'Requests', width: 95, align: 'right', cell: ({ totals }) => totals.attempts.toLocaleString('en') },
  { header: 'Failed', width: 85, align: 'right', cell: ({ totals }) => totals.failedAttempts.toLocaleString('en') },
  { header: 'p90', width: 80, align: 'right', cell: ({ totals }) => ms(totals.durationMs?.p90) },
];

/** How deliveries go: by outcome, by time, by destination; and what waits. */
export function DashboardPage() {
  const zone = useZone();
  const filters = useAddressFilters(FILTERS);
  const range: Range = isRange(filters.values.range) ? filters.values.range : '24h';
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 60_000, { autoInvoke: true });
  const query = rangeQuery(range, now, zone);
  const overall = useStatistics(query);
  const slowest = useStatistics({ ...query, interval: 'none', groupBy: 'destination', order: 'slowest', limit: 5 });
  const worst = useStatistics({ ...query, interval: 'none', groupBy: 'destination', order: 'failures', limit: 5 });
  const { data, error, refetch } = overall;
  const points = data === undefined ? undefined : pointsOf(data, zone);

  return (
    <>
      <PageHeader
        title="Dashboard"
        detail="How deliveries go, and what waits."
        actions={
          <>
            <ZoneSelect aria-label="Time zone" size="xs" w={170} />
            <SegmentedControl
              aria-label="The last"
              size="xs"
              data={Object.entries(RANGES).map(([value, { label }]) => ({ value, label }))}
              value={range}
              onChange={(value) => filters.set({ range: value })}
            />
          </>
        }
      />
      {error !== null && data === undefined ? (
        <ProblemAlert problem={error} title="The figures cannot be shown" onRetry={() => void refetch()} />
      ) : (
        <>
          <Figures totals={data?.totals} />
          <Grid gap="md" mt="md">
            <Grid.Col span={{ base: 12, lg: 6 }} miw={0}>
              <Chart title="Deliveries by outcome" isReady={points !== undefined}>
                <BarChart
                  h={240}
                  data={points ?? []}
                  dataKey="at"
                  type="stacked"
                  yAxisProps={{ allowDecimals: false }}
                  withLegend
                  barProps={NO_MOTION}
                  series={[
                    { name: 'delivered', label: 'Delivered', color: 'green.6' },
                    { name: 'exhausted', label: 'Exhausted', color: 'red.6' },
                    { name: 'cancelled', label: 'Cancelled', color: 'gray.5' },
                  ]}
                />
              </Chart>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 6 }} miw={0}>
              <Chart title="Recorded until delivered, in ms" isReady={points !== undefined}>
                <LineChart
                  h={240}
                  data={points ?? []}
                  dataKey="at"
                  withLegend
                  dotProps={{ r: 2 }}
                  curveType="linear"
                  connectNulls={false}
                  lineProps={NO_MOTION}
                  series={[
                    { name: 'p50', color: 'ring.5' },
                    { name: 'p90', color: 'teal.6' },
                    { name: 'p99', color: 'orange.6' },
                  ]}
                />
              </Chart>
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 6 }} miw={0}>
              <Title order={2} size="h5" mb="xs">
                Slowest destinations
              </Title>
              <ListTable
                label="Slowest destinations"
                columns={destinationColumns}
                items={slowest.data?.groups}
                keyOf={({ key }) => key.destination ?? ''}
                problem={slowest.error}
                minWidth={480}
                empty={{ title: 'No requests', description: 'None was made in this time.' }}
              />
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 6 }} miw={0}>
              <Title order={2} size="h5" mb="xs">
                Destinations with the most failures
              </Title>
              <ListTable
                label="Destinations with the most failures"
                columns={destinationColumns}
                items={worst.data?.groups.filter(({ totals }) => totals.failedAttempts > 0)}
                keyOf={({ key }) => key.destination ?? ''}
                problem={worst.error}
                minWidth={480}
                empty={{ title: 'No failures', description: 'Every request in this time was answered 2xx.' }}
              />
            </Grid.Col>
            <Grid.Col span={12} miw={0}>
              <FailingCallbacks />
            </Grid.Col>
            <Grid.Col span={12} miw={0}>
              <CallbackHealthList query={query} />
            </Grid.Col>
          </Grid>
        </>
      )}
    </>
  );
}

function Figures({ totals }: { totals: StatisticsFigures | undefined }) {
  const { data: waiting } = useWaiting({});
  const parked = waiting?.items.reduce((sum, item) => sum + item.parked, 0);
  const due = waiting?.items.reduce((sum, item) => sum + item.due, 0);
  const more = waiting?.nextCursor === null ? '' : '+';
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm">
      <Figure
        label="Delivered"
        value={totals?.delivered.toLocaleString('en')}
        detail={totals && `${totals.exhausted.toLocaleString('en')} exhausted`}
      />
      <Figure label="On the first try" value={totals && percent(totals.firstTryRate)} detail="of first attempts" />
      <Figure label="In the end" value={totals && percent(totals.successRate)} detail="of what ended" />
      <Figure
        label="Time to deliver, p50"
        value={totals && ms(totals.latencyMs?.p50)}
        detail={totals && `p99 ${ms(totals.latencyMs?.p99)}`}
      />
      <Figure
        label="Waiting"
        value={parked === undefined ? undefined : `${parked.toLocaleString('en')}${more}`}
        detail={due === undefined ? undefined : `${due.toLocaleString('en')}${more} due`}
        to="/waiting"
      />
      <Figure
        label="Not worked off"
        value={waiting === undefined ? undefined : waiting.lag === null ? 'not known' : waiting.lag.events.toLocaleString('en')}
        detail="events"
        to="/waiting"
      />
    </SimpleGrid>
  );
}

interface FigureProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly detail: string | undefined;
  readonly to?: string;
}

function Figure({ label, value, detail, to }: FigureProps) {
  return (
    <Card withBorder p="sm">
      <Text size="xs" c="dimmed">
        {to === undefined ? (
          label
        ) : (
          <Anchor component={Link} to={to} size="xs">
            {label}
          </Anchor>
        )}
      </Text>
      {value === undefined ? (
        <Skeleton h={26} my={4} />
      ) : (
        <Text size="xl" fw={650} className="figures">
          {value}
        </Text>
      )}
      <Text size="xs" c="dimmed" className="figures">
        {detail ?? ' '}
      </Text>
    </Card>
  );
}

function Chart({ title, isReady, children }: { title: string; isReady: boolean; children: React.ReactNode }) {
  return (
    <Card withBorder p="sm">
      <Group mb="xs">
        <Title order={2} size="h5">
          {title}
        </Title>
      </Group>
      {isReady ? children : <Skeleton h={240} />}
    </Card>
  );
}

function isRange(value: string | undefined): value is Range {
  return value !== undefined && Object.hasOwn(RANGES, value);
}

/** One point a bucket. A bucket's label leaves out what all have in common: seconds, and the year. */
function pointsOf({ buckets, groups, interval }: Statistics, zone: string) {
  const series = groups[0]?.series;
  return buckets.map((bucket, index) => {
    const figures = series?.[index];
    const moment = formatMoment(bucket, zone);
    return {
      at: interval === 'day' ? moment.slice(5, 10) : moment.slice(5, 16),
      delivered: figures?.delivered ?? 0,
      exhausted: figures?.exhausted ?? 0,
      cancelled: figures?.cancelled ?? 0,
      p50: figures?.latencyMs?.p50 ?? null,
      p90: figures?.latencyMs?.p90 ?? null,
      p99: figures?.latencyMs?.p99 ?? null,
    };
  });
}

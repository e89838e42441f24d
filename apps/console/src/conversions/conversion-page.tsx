import { Alert, Anchor, Breadcrumbs, Card, DataList, Grid, Group, Skeleton, Text, Title } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { ConversionWithDeliveries } from '../api/shapes.js';
import { Moment } from '../page/moment.js';
import { AffiliateName, OfferName } from '../page/names.js';
import { PageHeader } from '../page/page-header.js';
import { PlainText } from '../page/plain-text.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { StatusBadge } from '../page/status-badge.js';
import { isOffered } from '../api/offered.js';
import { Explanation } from './explanation.js';
import { ConversionTimeline } from './conversion-timeline.js';
import { useConversion } from './conversion.queries.js';

/** Said elsewhere on the page, or of no use to a reader. */
const SHOWN_ELSEWHERE = new Set([
  'id',
  'offerId',
  'affiliateId',
  'status',
  'history',
  'deliveries',
  'deliveriesCursor',
  'params',
  'version',
]);

const TIMES = new Set(['clickTime', 'createdAt', 'statusAt']);
const LABELS: Readonly<Record<string, string>> = {
  goalId: 'Goal ID',
  transactionId: 'Transaction ID',
  clickId: 'Click ID',
  affiliateClickId: "Affiliate's click ID",
  rejectReason: 'Reject reason',
  ip: 'IP',
  os: 'OS',
  idfa: 'IDFA',
  gaid: 'GAID',
  createdAt: 'Recorded',
  statusAt: 'Status since',
};

/** @returns `saleAmount` as `Sale amount`; the conversion's own parameters as they are. */
function labelOf(name: string): string {
  if (name.startsWith('params.')) return name;
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return LABELS[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** One conversion: what it is, what happened to it, whom that was told. */
export function ConversionPage() {
  const conversionId = useParams()['conversionId']!;
  const { data, error, refetch } = useConversion(conversionId);
  return (
    <>
      <Breadcrumbs mb={4} fz="sm">
        <Anchor component={Link} to="/conversions" size="sm">
          Conversions
        </Anchor>
        <span className="plain">{conversionId}</span>
      </Breadcrumbs>
      <PageHeader
        title={data?.transactionId ? `Conversion ${data.transactionId}` : 'Conversion'}
        detail={data && <StatusBadge status={data.status} />}
      />
      {error !== null && data === undefined ? (
        <ProblemAlert problem={error} title="The conversion cannot be shown" onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton h={300} />
      ) : (
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, lg: 7 }}>
            <Group justify="space-between" mb="sm">
              <Title order={2} size="h4">
                Timeline
              </Title>
              <Anchor component={Link} to={`/deliveries?conversionId=${data.id}`} size="sm">
                All its deliveries
              </Anchor>
            </Group>
            {data.deliveries === null && (
              <Alert color="yellow" mb="sm" title="The deliveries are not known at the moment">
                The dispatcher does not answer. Deliveries go on once it is back; look again shortly.
              </Alert>
            )}
            <ConversionTimeline conversion={data} />
            {isOffered('/v1/conversions/{conversionId}/explanation') && (
              <>
                <Title order={2} size="h4" mt="xl" mb="xs">
                  Why did this (not) fire?
                </Title>
                <Explanation conversionId={data.id} />
              </>
            )}
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 5 }}>
            <Details conversion={data} />
          </Grid.Col>
        </Grid>
      )}
    </>
  );
}

/** Everything its sender told. */
function Details({ conversion }: { conversion: ConversionWithDeliveries }) {
  const details = Object.entries(conversion).filter(([name, value]) => !SHOWN_ELSEWHERE.has(name) && value !== null && value !== undefined);
  return (
    <Card withBorder p="md">
      <Title order={2} size="h4" mb="sm">
        What was reported
      </Title>
      <DataList labelWidth={140} size="sm">
        <DataList.Item>
          <DataList.ItemLabel>Offer</DataList.ItemLabel>
          <DataList.ItemValue>
            <OfferName id={conversion.offerId} />
          </DataList.ItemValue>
        </DataList.Item>
        <DataList.Item>
          <DataList.ItemLabel>Affiliate</DataList.ItemLabel>
          <DataList.ItemValue>
            <AffiliateName id={conversion.affiliateId} />
          </DataList.ItemValue>
        </DataList.Item>
        {[...details, ...Object.entries(conversion.params ?? {}).map(([key, value]) => [`params.${key}`, value] as const)].map(
          ([name, value]) => (
            <DataList.Item key={name}>
              <DataList.ItemLabel style={{ overflowWrap: 'anywhere' }}>{labelOf(name)}</DataList.ItemLabel>
              <DataList.ItemValue>
                {TIMES.has(name) ? <Moment at={String(value)} /> : <PlainText text={String(value)} lines={4} />}
              </DataList.ItemValue>
            </DataList.Item>
          ),
        )}
      </DataList>
      {details.length === 0 && <Text size="sm">Nothing beside its ids.</Text>}
    </Card>
  );
}

import { Alert, Anchor, Breadcrumbs, Card, DataList, Grid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link, useParams } from 'react-router';
import type { DeliveryDetail } from '../api/shapes.js';
import { Moment } from '../page/moment.js';
import { AffiliateName, OfferName } from '../page/names.js';
import { PageHeader } from '../page/page-header.js';
import { PlainText } from '../page/plain-text.js';
import { ProblemAlert } from '../page/problem-alert.js';
import { StatusBadge } from '../page/status-badge.js';
import { isOffered } from '../api/offered.js';
import { ResendOne } from '../redeliveries/resend-one.js';
import { AttemptCard } from './attempt-card.js';
import { useDelivery } from './delivery.queries.js';

/** One delivery: what became of it, and each of its attempts, newest first. */
export function DeliveryPage() {
  const deliveryId = useParams()['deliveryId']!;
  const { data, error, refetch } = useDelivery(deliveryId);
  return (
    <>
      <Breadcrumbs mb={4} fz="sm">
        <Anchor component={Link} to="/deliveries" size="sm">
          Deliveries
        </Anchor>
        <span className="plain">{deliveryId}</span>
      </Breadcrumbs>
      <PageHeader
        title={data === undefined ? 'Delivery' : `Delivery of callback ${data.callbackId}`}
        detail={data && <StatusBadge status={data.status} />}
        actions={data && isOffered('/v1/deliveries/{deliveryId}/redeliver') && <ResendOne delivery={data} />}
      />
      {error !== null && data === undefined ? (
        <ProblemAlert problem={error} title="The delivery cannot be shown" onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton h={300} />
      ) : (
        <Grid gap="lg">
          <Grid.Col span={{ base: 12, lg: 4 }}>
            <Summary delivery={data} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, lg: 8 }}>
            <Title order={2} size="h4" mb="sm">
              Attempts
            </Title>
            {data.attemptLog.length === 0 ? (
              <Text size="sm">None was made yet{data.status === 'cancelled' ? ', and none will be' : ''}.</Text>
            ) : (
              <Stack gap="sm">
                {data.attemptLog.toReversed().map((attempt, index) => (
                  <AttemptCard key={attempt.number} attempt={attempt} startsOpen={index === 0} />
                ))}
              </Stack>
            )}
          </Grid.Col>
        </Grid>
      )}
    </>
  );
}

function Summary({ delivery }: { delivery: DeliveryDetail }) {
  const rows = [
    [
      'Conversion',
      <Anchor key="c" component={Link} to={`/conversions/${delivery.conversionId}`} size="sm" className="plain">
        {delivery.conversionId}
      </Anchor>,
    ],
    ['Event', `${delivery.eventType}, version ${delivery.conversionVersion}`],
    ['Conversion status', <StatusBadge key="s" status={delivery.conversionStatus} />],
    ['Offer', <OfferName key="o" id={delivery.offerId} />],
    ['Affiliate', <AffiliateName key="a" id={delivery.affiliateId} />],
    [
      'Callback',
      <Anchor key="b" component={Link} to={`/offers/${delivery.offerId}/history?callbackId=${delivery.callbackId}`} size="sm">
        {delivery.callbackId}
      </Anchor>,
    ],
    ['Destination', <PlainText key="d" text={delivery.destination ?? '–'} mono lines={3} />],
    ['Attempts', String(delivery.attempts)],
    ['Recorded', <Moment key="r" at={delivery.recordedAt} />],
    ['Ended', <Moment key="e" at={delivery.settledAt} />],
    ['Next attempt', <Moment key="n" at={delivery.nextAttemptAt} />],
  ] as const;
  return (
    <Card withBorder p="md">
      <DataList labelWidth={120} size="sm">
        {rows.map(([label, value]) => (
          <DataList.Item key={label}>
            <DataList.ItemLabel>{label}</DataList.ItemLabel>
            <DataList.ItemValue>{value}</DataList.ItemValue>
          </DataList.Item>
        ))}
      </DataList>
      {delivery.error !== null && (
        <Alert color={delivery.settledAt === null ? 'orange' : 'red'} variant="light" mt="md" title="What went wrong">
          <PlainText text={delivery.error} lines={8} />
        </Alert>
      )}
    </Card>
  );
}

import { Badge, Text } from '@mantine/core';
import type { WaitingItem } from '../api/shapes.js';
import { Moment } from '../page/moment.js';

/** What of a callback waits, for its present destination and those it had before; what holds it back, and when it goes on. */
export function CallbackWaiting({ items }: { items: readonly WaitingItem[] }) {
  if (items.length === 0) return null;
  const [breaker] = items.flatMap((item) => item.breaker ?? []);
  const isPaused = items.some(({ pause }) => pause !== null);
  const waiting = items.reduce((sum, { parked }) => sum + parked, 0);
  const next = items.flatMap(({ nextDueAt }) => nextDueAt ?? []).toSorted()[0];
  return (
    <>
      {breaker !== undefined && (
        <Badge color="red" variant="light" title={breaker.reason} mt={2}>
          {breaker.scope === 'callback' ? 'Breaker open' : 'Destination’s breaker open'}
        </Badge>
      )}
      {isPaused && (
        <Badge color="yellow" variant="light" mt={2}>
          Paused
        </Badge>
      )}
      <Text size="xs" className="figures">
        {waiting.toLocaleString('en')}
        {items.some(({ parkedIsCapped }) => parkedIsCapped) ? '+' : ''} waiting
      </Text>
      {isPaused ? null : breaker !== undefined ? (
        <Text size="xs">
          Tried at <Moment at={breaker.openUntil} size="xs" />
        </Text>
      ) : (
        next !== undefined && (
          <Text size="xs">
            Next retry <Moment at={next} size="xs" />
          </Text>
        )
      )}
    </>
  );
}

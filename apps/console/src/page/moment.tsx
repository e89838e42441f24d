import { Text, type TextProps } from '@mantine/core';
import { formatMoment, useZone } from '../shell/zone.js';

/** A point in time in the chosen zone. */
export function Moment({ at, ...rest }: { at: string | null } & TextProps) {
  const zone = useZone();
  if (at === null)
    return (
      <Text span c="dimmed" size="sm" {...rest}>
        –
      </Text>
    );
  return (
    <Text span size="sm" className="figures" {...rest}>
      <time dateTime={at} title={`${at} (UTC)`}>
        {formatMoment(at, zone)}
      </time>
    </Text>
  );
}

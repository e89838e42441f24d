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
  const [date, clock] = formatMoment(at, zone).split(' ');
  return (
    <Text span size="sm" className="figures" {...rest}>
      <time dateTime={at} title={`${at} (UTC)`}>
        <span className="unbroken">{date}</span> <span className="unbroken">{clock}</span>
      </time>
    </Text>
  );
}

import { Text, type TextProps } from '@mantine/core';

interface PlainTextProps extends TextProps {
  readonly text: string;
  /** Longer texts end in an ellipsis after this many lines; pointing at them shows more. Default 1. */
  readonly lines?: number;
  readonly mono?: boolean;
}

/** Longest text that a tooltip shows, in UTF-16 units. */
const TITLE_LENGTH = 1_000;

/** Text that others wrote: isolated from the direction of its surroundings, never wider than its place. */
export function PlainText({ text, lines = 1, mono = false, ...rest }: PlainTextProps) {
  const shown = text.length > TITLE_LENGTH ? `${text.slice(0, TITLE_LENGTH)}…` : text;
  return (
    <Text
      component="bdi"
      size="sm"
      className="plain"
      lineClamp={lines}
      title={shown.length > 40 ? shown : undefined}
      {...(mono ? { ff: 'monospace', fz: 'xs' } : {})}
      {...rest}
    >
      {shown}
    </Text>
  );
}

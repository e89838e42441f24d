import { Code, Stack, Text } from '@mantine/core';

interface RequestLinesProps {
  readonly first: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string | null;
}

/** An HTTP message as it goes over the wire, as text. */
export function RequestLines({ first, headers, body }: RequestLinesProps) {
  return (
    <Stack gap={4}>
      <Code block className="plain wire" tabIndex={0}>
        {[first, ...headers.map(({ name, value }) => `${name}: ${value}`)].join('\n')}
      </Code>
      {body !== null && body !== '' && (
        <Code block className="plain wire" tabIndex={0}>
          {body}
        </Code>
      )}
      {body === null && (
        <Text size="xs" c="dimmed">
          No body
        </Text>
      )}
    </Stack>
  );
}

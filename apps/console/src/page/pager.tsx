import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface PagerProps {
  readonly isFirstPage: boolean;
  readonly nextCursor: string | null | undefined;
  readonly toPage: (cursor: string | null) => void;
  /** What the page holds, at the left. */
  readonly children?: ReactNode;
}

/** From page to page by cursor. Going back is the browser's. */
export function Pager({ isFirstPage, nextCursor, toPage, children }: PagerProps) {
  const isOnly = isFirstPage && (nextCursor === null || nextCursor === undefined);
  return (
    <Group justify="space-between" mt="sm" mih={30}>
      <Text size="sm" c="dimmed" component="div">
        {children}
      </Text>
      {!isOnly && (
        <Group gap="xs" component="nav" aria-label="Pages">
          <Button variant="default" size="xs" disabled={isFirstPage} onClick={() => toPage(null)}>
            First page
          </Button>
          <Button
            variant="default"
            size="xs"
            disabled={nextCursor === null || nextCursor === undefined}
            onClick={() => toPage(nextCursor!)}
          >
            Next page
          </Button>
        </Group>
      )}
    </Group>
  );
}

import { Button, Group, Text } from '@mantine/core';
import { Moment } from './moment.js';

interface PagerProps {
  readonly isFirstPage: boolean;
  readonly nextCursor: string | null | undefined;
  readonly toPage: (cursor: string | null) => void;
  /** How far back a page looked whose time was up before it was full, ISO 8601. */
  readonly searchedThrough?: string | null | undefined;
}

/** From page to page by cursor. Going back is the browser's. */
export function Pager({ isFirstPage, nextCursor, toPage, searchedThrough }: PagerProps) {
  const isOnly = isFirstPage && (nextCursor === null || nextCursor === undefined);
  return (
    <Group justify="space-between" mt="sm" mih={30}>
      <Text size="sm" c="dimmed" component="div">
        {searchedThrough && (
          <>
            Searched back to <Moment at={searchedThrough} />
          </>
        )}
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

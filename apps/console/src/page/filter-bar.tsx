import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';

/** The filters of a list; with any of them set, one button takes all of them away. */
export function FilterBar({ isFiltered, onClear, children }: { isFiltered: boolean; onClear: () => void; children: ReactNode }) {
  return (
    <Group mb="sm" gap="xs" align="flex-end" component="search" aria-label="Filters">
      {children}
      {isFiltered && (
        <Button variant="subtle" size="sm" onClick={onClear}>
          Clear filters
        </Button>
      )}
    </Group>
  );
}

import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import type { ListTableProps } from './list-table.js';

/** @returns what a list says whose filters leave nothing, with the way back to all of it. */
export function nothingMatches(
  { one, all }: { readonly one: string; readonly all: string },
  description: ReactNode,
  onClear: () => void,
): ListTableProps<never>['empty'] {
  return {
    title: `No ${one} matches`,
    description,
    action: (
      <Button variant="default" onClick={onClear}>
        Show all {all}
      </Button>
    ),
  };
}

/** @returns what to do where nothing matches in a list whose pages may end before they have searched all of it. */
export function widenOrGoOn(searchedThrough: string | null | undefined): string {
  return searchedThrough ? 'None so far: go to the next page to search further back.' : 'Widen the time, or take a filter away.';
}

import { EmptyState, Skeleton, Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { ProblemAlert } from './problem-alert.js';

export interface Column<Item> {
  readonly header: string;
  /** In place of the header's text. */
  readonly headerCell?: ReactNode;
  readonly cell: (item: Item) => ReactNode;
  /** In px; the rest is shared by those without. */
  readonly width?: number;
  readonly align?: 'left' | 'right';
}

export interface ListTableProps<Item> {
  readonly label: string;
  readonly columns: readonly Column<Item>[];
  /** Undefined while they are under way. */
  readonly items: readonly Item[] | undefined;
  readonly keyOf: (item: Item) => string | number;
  readonly problem?: unknown;
  readonly onRetry?: () => void;
  readonly empty: { readonly title: string; readonly description: ReactNode; readonly action?: ReactNode };
  /** Narrower screens scroll sideways, in px. */
  readonly minWidth?: number;
}

/** One page of a list: never more rows than it shows. */
export function ListTable<Item>({ label, columns, items, keyOf, problem, onRetry, empty, minWidth = 720 }: ListTableProps<Item>) {
  if (problem !== null && problem !== undefined && items === undefined)
    return <ProblemAlert problem={problem} title={`${label} cannot be shown`} {...(onRetry ? { onRetry } : {})} />;
  if (items?.length === 0)
    return (
      <EmptyState py="xl" title={empty.title} description={empty.description}>
        {empty.action !== undefined && <EmptyState.Actions>{empty.action}</EmptyState.Actions>}
      </EmptyState>
    );
  return (
    <Table.ScrollContainer minWidth={minWidth} type="native" tabIndex={0} role="region" aria-label={label} className="focusable">
      <Table highlightOnHover verticalSpacing="xs" layout="fixed" aria-busy={items === undefined} aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ header, headerCell, width, align = 'left' }) => (
              <Table.Th key={header} w={width} ta={align}>
                {headerCell ?? header}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items === undefined
            ? Array.from({ length: 6 }, (_, row) => (
                <Table.Tr key={row}>
                  {columns.map(({ header }) => (
                    <Table.Td key={header}>
                      <Skeleton h={14} my={4} w={row % 2 === 0 ? '80%' : '60%'} />
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))
            : items.map((item) => (
                <Table.Tr key={keyOf(item)}>
                  {columns.map(({ header, cell, align = 'left' }) => (
                    <Table.Td key={header} ta={align}>
                      {cell(item)}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

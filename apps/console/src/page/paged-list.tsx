import type { Page } from '../api/shapes.js';
import { ListTable, type ListTableProps } from './list-table.js';
import { Pager } from './pager.js';

interface PagedListProps<Item> extends Omit<ListTableProps<Item>, 'items' | 'problem' | 'onRetry'> {
  /** The query of the page. */
  readonly list: {
    readonly data: (Page<Item> & { readonly searchedThrough?: string | null }) | undefined;
    readonly error: unknown;
    readonly refetch: () => unknown;
  };
  /** Where in the list the address is. */
  readonly paging: { readonly isFirstPage: boolean; readonly toPage: (cursor: string | null) => void };
}

/** A list of which one page is shown, and the way to the next. */
export function PagedList<Item>({ list, paging, ...table }: PagedListProps<Item>) {
  return (
    <>
      <ListTable {...table} items={list.data?.items} problem={list.error} onRetry={() => void list.refetch()} />
      <Pager
        isFirstPage={paging.isFirstPage}
        nextCursor={list.data?.nextCursor}
        toPage={paging.toPage}
        searchedThrough={list.data?.searchedThrough}
      />
    </>
  );
}

import { keepPreviousData } from '@tanstack/react-query';

/**
 * For the query of a list: the page before stays until the next one is there, and is then let go. However long the list is, the browser holds
 * what it shows.
 */
export const ONE_PAGE = { placeholderData: keepPreviousData, gcTime: 0 } as const;

/** How long a name is kept that nothing on the screen needs any more, in ms: going on to the next page needs most of them again. */
export const NAME_KEPT_MS = 10_000;

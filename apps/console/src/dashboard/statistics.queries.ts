import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';
import type { paths } from '../api/schema.js';

type StatisticsQuery = NonNullable<paths['/v1/stats/deliveries']['get']['parameters']['query']>;

/** How often figures are asked for again, in ms. */
const REFRESH_MS = 15_000;

/** The first of them: those that fail the longest. */
export function useFailingCallbacks() {
  return useQuery({
    queryKey: ['failing-callbacks'],
    queryFn: ({ signal }) => answered(api.GET('/v1/failing-callbacks', { params: { query: { limit: 20 } }, signal })),
    refetchInterval: REFRESH_MS,
  });
}

export function useStatistics(query: StatisticsQuery | null) {
  return useQuery({
    enabled: query !== null,
    queryKey: ['statistics', query],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.GET('/v1/stats/deliveries', { params: { query: query! }, signal })),
    refetchInterval: REFRESH_MS,
  });
}

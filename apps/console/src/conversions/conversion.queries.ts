import { useQuery } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';
import type { paths } from '../api/schema.js';
import { ONE_PAGE } from '../page/one-page.js';

export type ConversionFilter = NonNullable<paths['/v1/conversions']['get']['parameters']['query']>;

export function useConversions(query: ConversionFilter) {
  return useQuery({
    queryKey: ['conversions', 'list', query],
    ...ONE_PAGE,
    queryFn: ({ signal }) => answered(api.GET('/v1/conversions', { params: { query }, signal })),
  });
}

/** One conversion with its history and deliveries; asked again while something of it is still under way. */
export function useConversion(conversionId: string) {
  return useQuery({
    queryKey: ['conversions', conversionId],
    queryFn: ({ signal }) => answered(api.GET('/v1/conversions/{conversionId}', { params: { path: { conversionId } }, signal })),
    refetchInterval: ({ state: { data } }) => (data?.deliveries?.some(({ settledAt }) => settledAt === null) ? 3_000 : false),
  });
}

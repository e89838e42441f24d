import { useQuery } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';
import type { paths } from '../api/schema.js';
import { ONE_PAGE } from '../page/one-page.js';

export type DeliveryFilter = NonNullable<paths['/v1/deliveries']['get']['parameters']['query']>;

/** How often a live list is asked for again, in ms. */
const LIVE_MS = 2_000;

/** One page; a live one is asked for again and again, one request at a time. */
export function useDeliveries(query: DeliveryFilter, isLive: boolean) {
  return useQuery({
    queryKey: ['deliveries', 'list', query],
    ...ONE_PAGE,
    refetchInterval: isLive ? LIVE_MS : false,
    queryFn: ({ signal }) => answered(api.GET('/v1/deliveries', { params: { query }, signal })),
  });
}

/** One delivery with its attempts; asked again until it has ended. */
export function useDelivery(deliveryId: string) {
  return useQuery({
    queryKey: ['deliveries', deliveryId],
    queryFn: ({ signal }) => answered(api.GET('/v1/deliveries/{deliveryId}', { params: { path: { deliveryId } }, signal })),
    refetchInterval: ({ state: { data } }) => (data !== undefined && data.settledAt === null ? 3_000 : false),
  });
}

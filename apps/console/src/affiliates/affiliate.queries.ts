import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';

/** Names change seldom: asked again after this, in ms. */
const STALE_MS = 60_000;

/** @param affiliateId null: nothing is asked. */
export function useAffiliate(affiliateId: number | null) {
  return useQuery({
    enabled: affiliateId !== null,
    queryKey: ['affiliates', affiliateId],
    staleTime: STALE_MS,
    queryFn: ({ signal }) => answered(api.GET('/v1/affiliates/{affiliateId}', { params: { path: { affiliateId: affiliateId! } }, signal })),
  });
}

export function useAffiliates(query: { search?: string; cursor?: string; limit?: number }) {
  return useQuery({
    queryKey: ['affiliates', 'list', query],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => answered(api.GET('/v1/affiliates', { params: { query }, signal })),
  });
}

import { useQuery } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';
import { readById } from '../api/read-by-id.js';
import { NAME_KEPT_MS, ONE_PAGE } from '../page/one-page.js';

/** Names change seldom: asked again after this, in ms. */
const STALE_MS = 60_000;

const readAffiliate = readById((id, limit) => answered(api.GET('/v1/affiliates', { params: { query: { id, limit } } })));

/** @param affiliateId null: nothing is asked. */
export function useAffiliate(affiliateId: number | null) {
  return useQuery({
    enabled: affiliateId !== null && Number.isInteger(affiliateId),
    queryKey: ['affiliates', affiliateId],
    staleTime: STALE_MS,
    gcTime: NAME_KEPT_MS,
    queryFn: () => readAffiliate(affiliateId!),
  });
}

export function useAffiliates(query: { search?: string; cursor?: string; limit?: number }) {
  return useQuery({
    queryKey: ['affiliates', 'list', query],
    ...ONE_PAGE,
    queryFn: ({ signal }) => answered(api.GET('/v1/affiliates', { params: { query }, signal })),
  });
}

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api, ifMatch } from '../api/client.js';
import { readById } from '../api/read-by-id.js';
import type { Offer, OfferStatus } from '../api/shapes.js';
import { NAME_KEPT_MS, ONE_PAGE } from '../page/one-page.js';

/** Asked again after this, in ms. */
const NAME_STALE_MS = 15_000;

export function useOffer(offerId: number) {
  return useQuery({
    queryKey: ['offers', offerId],
    staleTime: NAME_STALE_MS,
    gcTime: NAME_KEPT_MS,
    queryFn: ({ signal }) => answered(api.GET('/v1/offers/{offerId}', { params: { path: { offerId } }, signal })),
  });
}

const readOffer = readById((id, limit) => answered(api.GET('/v1/offers', { params: { query: { id, limit } } })));

/** An offer that one of many rows names. */
export function useNamedOffer(offerId: number) {
  return useQuery({ queryKey: ['offers', offerId], staleTime: NAME_STALE_MS, gcTime: NAME_KEPT_MS, queryFn: () => readOffer(offerId) });
}

export function useOffers(query: { search?: string; status?: OfferStatus; cursor?: string; limit?: number }) {
  return useQuery({
    queryKey: ['offers', 'list', query],
    ...ONE_PAGE,
    queryFn: ({ signal }) => answered(api.GET('/v1/offers', { params: { query }, signal })),
  });
}

export function useCreateOffer() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; goalsEnabled: boolean }) => answered(api.POST('/v1/offers', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['offers'] }),
  });
}

/** Edits an offer as it was read: 412 when someone else edited it meanwhile. */
export function useEditOffer(offer: Offer) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ version = offer.version, ...body }: { name?: string; status?: OfferStatus; goalsEnabled?: boolean; version?: number }) =>
      answered(api.PATCH('/v1/offers/{offerId}', { params: { path: { offerId: offer.id }, ...ifMatch(version) }, body })),
    onSettled: () => client.invalidateQueries({ queryKey: ['offers'] }),
  });
}

export function useCreateGoal(offerId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => answered(api.POST('/v1/offers/{offerId}/goals', { params: { path: { offerId } }, body: { name } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['offers'] }),
  });
}

export function useEditGoal(offerId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ goalId, ...body }: { goalId: number; name?: string; archived?: boolean }) =>
      answered(api.PATCH('/v1/offers/{offerId}/goals/{goalId}', { params: { path: { offerId, goalId } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['offers'] }),
  });
}

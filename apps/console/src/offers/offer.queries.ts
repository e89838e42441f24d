import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api, ifMatch } from '../api/client.js';
import type { Offer, OfferStatus } from '../api/shapes.js';

export function useOffer(offerId: number) {
  return useQuery({
    queryKey: ['offers', offerId],
    staleTime: 15_000,
    queryFn: ({ signal }) => answered(api.GET('/v1/offers/{offerId}', { params: { path: { offerId } }, signal })),
  });
}

export function useOffers(query: { search?: string; status?: OfferStatus; cursor?: string; limit?: number }) {
  return useQuery({
    queryKey: ['offers', 'list', query],
    placeholderData: keepPreviousData,
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

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';
import type { PauseInput } from '../api/shapes.js';
import { ONE_PAGE } from '../page/one-page.js';

/** How often what waits is asked for again, in ms. */
const REFRESH_MS = 5_000;

/** @param query null: nothing is asked. */
export function useWaiting(query: { callbackId?: string; destination?: string; cursor?: string; limit?: number } | null) {
  return useQuery({
    enabled: query !== null,
    queryKey: ['waiting', query],
    ...ONE_PAGE,
    refetchInterval: REFRESH_MS,
    queryFn: ({ signal }) => answered(api.GET('/v1/waiting', { params: { query: query ?? {} }, signal })),
  });
}

export function usePauses() {
  return useQuery({
    queryKey: ['pauses'],
    queryFn: ({ signal }) => answered(api.GET('/v1/pauses', { params: { query: { limit: 200 } }, signal })),
  });
}

export function useCreatePause() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: PauseInput) => answered(api.POST('/v1/pauses', { body })),
    onSuccess: async () => {
      await Promise.all([client.invalidateQueries({ queryKey: ['pauses'] }), client.invalidateQueries({ queryKey: ['waiting'] })]);
    },
  });
}

export function useEndPause() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (pauseId: number) => answered(api.DELETE('/v1/pauses/{pauseId}', { params: { path: { pauseId } } })),
    onSuccess: async () => {
      await Promise.all([client.invalidateQueries({ queryKey: ['pauses'] }), client.invalidateQueries({ queryKey: ['waiting'] })]);
    },
  });
}

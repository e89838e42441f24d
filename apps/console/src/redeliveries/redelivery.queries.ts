import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api } from '../api/client.js';
import type { Redelivery, RedeliveryDryRun, RedeliveryFilter, RedeliveryInput } from '../api/shapes.js';
import { ONE_PAGE } from '../page/one-page.js';

/** How often the progress of what runs is asked for, in ms. */
const PROGRESS_MS = 1_500;

const isUnderWay = ({ finishedAt }: Redelivery) => finishedAt === null;

export function useRedeliveries(cursor: string | undefined) {
  return useQuery({
    queryKey: ['redeliveries', cursor],
    ...ONE_PAGE,
    queryFn: ({ signal }) => answered(api.GET('/v1/redeliveries', { params: { query: cursor === undefined ? {} : { cursor } }, signal })),
    refetchInterval: ({ state: { data } }) => (data?.items.some(isUnderWay) ? PROGRESS_MS : false),
  });
}

/** How many a filter matches, and the first of them; sends nothing. */
export function useDryRun(filter: RedeliveryFilter | null) {
  return useQuery({
    enabled: filter !== null,
    queryKey: ['redeliveries', 'dry-run', filter],
    gcTime: 0,
    queryFn: async ({ signal }) =>
      (await answered(
        api.POST('/v1/redeliveries', { body: { filter: filter!, dryRun: true, asNew: false, ratePerSecond: 1 }, signal }),
      )) as RedeliveryDryRun,
  });
}

export function useStartRedelivery() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: RedeliveryInput) => (await answered(api.POST('/v1/redeliveries', { body }))) as Redelivery,
    onSuccess: () => client.invalidateQueries({ queryKey: ['redeliveries'] }),
  });
}

export function useSteerRedelivery() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ redeliveryId, how }: { redeliveryId: string; how: 'pause' | 'resume' | 'cancel' }) =>
      answered(api.POST(`/v1/redeliveries/{redeliveryId}/${how}`, { params: { path: { redeliveryId } } })),
    onSettled: () => client.invalidateQueries({ queryKey: ['redeliveries'] }),
  });
}

/** One attempt now, for one delivery. */
export function useRedeliver(deliveryId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (asNew: boolean) =>
      answered(api.POST('/v1/deliveries/{deliveryId}/redeliver', { params: { path: { deliveryId } }, body: { asNew } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['deliveries'] }),
  });
}

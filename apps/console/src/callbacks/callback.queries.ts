import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answered } from '../api/api-problem.js';
import { api, ifMatch } from '../api/client.js';
import type { CallbackInput, CallbackPatch, ConversionStatus } from '../api/shapes.js';
import { ONE_PAGE } from '../page/one-page.js';

interface CallbackFilter {
  affiliateId?: number;
  conversionStatus?: ConversionStatus;
  cursor?: string;
}

export function useCallbacks(offerId: number, query: CallbackFilter) {
  return useQuery({
    queryKey: ['callbacks', offerId, 'list', query],
    ...ONE_PAGE,
    queryFn: ({ signal }) => answered(api.GET('/v1/offers/{offerId}/callbacks', { params: { path: { offerId }, query }, signal })),
  });
}

export function useCallback(offerId: number, callbackId: number) {
  return useQuery({
    queryKey: ['callbacks', offerId, callbackId],
    queryFn: ({ signal }) =>
      answered(api.GET('/v1/offers/{offerId}/callbacks/{callbackId}', { params: { path: { offerId, callbackId } }, signal })),
  });
}

export function useCallbackVersions(offerId: number, callbackId: number | null, cursor?: string) {
  return useQuery({
    enabled: callbackId !== null,
    queryKey: ['callbacks', offerId, callbackId, 'versions', cursor],
    queryFn: ({ signal }) =>
      answered(
        api.GET('/v1/offers/{offerId}/callbacks/{callbackId}/versions', {
          params: { path: { offerId, callbackId: callbackId! }, query: { limit: 20, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
  });
}

/** The catalogue never changes while a gateway runs. */
export function useMacros() {
  return useQuery({
    queryKey: ['macros'],
    staleTime: Infinity,
    queryFn: ({ signal }) => answered(api.GET('/v1/macros', { signal })),
  });
}

/** The exact request of what is in the form, secrets masked. What is shown stays until the next one is there. */
export function usePreview(offerId: number, callback: CallbackInput | null, callbackId: number | undefined, conversionId: string) {
  return useQuery({
    enabled: callback !== null,
    queryKey: ['callbacks', offerId, 'preview', callback, callbackId, conversionId],
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
    queryFn: ({ signal }) =>
      answered(
        api.POST('/v1/offers/{offerId}/callbacks/preview', {
          params: { path: { offerId } },
          body: {
            callback: callback!,
            ...(callbackId === undefined ? {} : { callbackId }),
            ...(conversionId === '' ? {} : { conversionId }),
          },
          signal,
        }),
      ),
  });
}

export function useSendTest(offerId: number, callbackId: number) {
  return useMutation({
    mutationFn: (conversionId: string) =>
      answered(
        api.POST('/v1/offers/{offerId}/callbacks/{callbackId}/test', {
          params: { path: { offerId, callbackId } },
          body: conversionId === '' ? {} : { conversionId },
        }),
      ),
  });
}

/** What is made, edited, deleted and restored shows in the list, and in the offer's count; a refusal may mean that the list is old. */
function useRefresh() {
  const client = useQueryClient();
  return async () => {
    await Promise.all([client.invalidateQueries({ queryKey: ['callbacks'] }), client.invalidateQueries({ queryKey: ['offers'] })]);
  };
}

export function useCreateCallback(offerId: number) {
  return useMutation({
    mutationFn: (body: CallbackInput) => answered(api.POST('/v1/offers/{offerId}/callbacks', { params: { path: { offerId } }, body })),
    onSettled: useRefresh(),
  });
}

export function useEditCallback(offerId: number) {
  return useMutation({
    mutationFn: ({ callbackId, version, body }: { callbackId: number; version: number; body: CallbackPatch }) =>
      answered(
        api.PATCH('/v1/offers/{offerId}/callbacks/{callbackId}', {
          params: { path: { offerId, callbackId }, ...ifMatch(version) },
          body,
        }),
      ),
    onSettled: useRefresh(),
  });
}

export function useDeleteCallback(offerId: number) {
  return useMutation({
    mutationFn: ({ callbackId, version }: { callbackId: number; version: number }) =>
      answered(
        api.DELETE('/v1/offers/{offerId}/callbacks/{callbackId}', { params: { path: { offerId, callbackId }, ...ifMatch(version) } }),
      ),
    onSettled: useRefresh(),
  });
}

export function useRestoreVersion(offerId: number) {
  return useMutation({
    mutationFn: ({ callbackId, version }: { callbackId: number; version: number }) =>
      answered(
        api.POST('/v1/offers/{offerId}/callbacks/{callbackId}/versions/{version}/restore', {
          params: { path: { offerId, callbackId, version } },
        }),
      ),
    onSettled: useRefresh(),
  });
}

import { useForm } from '@mantine/form';
import type { CallbackValues } from './callback-values.js';

/** The form of a callback. What only the API can tell (macros, goals, headers) is its word, under the field it is about. */
export function useCallbackForm(initialValues: CallbackValues) {
  return useForm<CallbackValues>({
    initialValues,
    validate: {
      affiliateId: (value) => (value === null ? 'Choose an affiliate' : null),
      url: (value) => (value.trim() === '' ? 'Write the URL to call' : null),
    },
  });
}
export type CallbackForm = ReturnType<typeof useCallbackForm>;

/** What became of a message, as data: the runner decides what each means. `deadLetter`: set aside with its reason, the partition goes on. */
export type Outcome = { readonly kind: 'ok' } | { readonly kind: 'deadLetter'; readonly reason: string };

export const ok: Outcome = { kind: 'ok' };

/** @param reason `code: detail`, for whoever reads the dead letter */
export function deadLetter(reason: string): Outcome {
  return { kind: 'deadLetter', reason };
}

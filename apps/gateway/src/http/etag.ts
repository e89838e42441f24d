import { problem } from '@ringback/service-runtime';

/** @returns the entity tag of a version (RFC 9110 §8.8.3). */
export function etag(version: number): string {
  return `"${version}"`;
}

/**
 * Compares strongly, as `If-Match` demands (RFC 9110 §13.1.1): a weak tag matches nothing, `*` whatever is there.
 * @throws {ProblemError} 412 with what is current.
 */
export function requireMatch(ifMatch: string | undefined, version: number, current: () => unknown): void {
  if (ifMatch === undefined) return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (!tags.includes('*') && !tags.includes(etag(version)))
    throw problem.preconditionFailed(`it is at version ${version} by now: look at it and edit that one`, current(), etag(version));
}

import { problem } from '@ringback/service-runtime';

/** @returns the entity tag of a version: strong, `"<version>"` (RFC 9110 §8.8.3). */
export function etag(version: number): string {
  return `"${version}"`;
}

/**
 * Refuses an edit of a version that is no longer the current one (RFC 9110 §13.1.1). `If-Match` is optional: an edit without it is applied to
 * whatever is current. Weak tags never match, since the comparison is the strong one.
 * @throws {ProblemError} 412 with what is current now as `current`, and its tag as the ETag.
 */
export function requireMatch(ifMatch: string | undefined, version: number, current: () => unknown): void {
  if (ifMatch === undefined) return;
  const tags = ifMatch.split(',').map((tag) => tag.trim());
  if (tags.includes('*') || tags.includes(etag(version))) return;
  throw problem.preconditionFailed(`it is at version ${version} by now: look at it and edit that one`, current(), etag(version));
}

import type { Scope } from '@ringback/contracts';

/** What a route may need. Roles list permissions in `gateway.role`; `*` there stands for all of them. */
export const PERMISSIONS = [
  'configuration:read',
  'configuration:write',
  'conversions:read',
  'conversions:write',
  'conversions:erase',
  'deliveries:read',
  'deliveries:write',
  'metrics:read',
  'users:read',
  'users:write',
  'api-keys:read',
  'api-keys:write',
  'audit:read',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Who a request comes from, what the role allows, and how far it reaches. */
export interface Caller {
  readonly kind: 'user' | 'key';
  readonly id: number;
  /** Null for a key. */
  readonly sessionId: string | null;
  /** A user's email or a key's name: what services store as `changedBy`. */
  readonly name: string;
  readonly role: string;
  readonly permissions: readonly string[];
  /** Data, not code: a role for affiliates will be one more list in it, applied where this one is (`scope.ts`, and the service token). */
  readonly scope: Scope;
}

/** @returns whether the caller's role allows it. The one place where this is decided. */
export function isAllowed(caller: Caller, needed: Permission): boolean {
  return caller.permissions.includes('*') || caller.permissions.includes(needed);
}

/** @returns whether everything that `permissions` allow is allowed to the caller too: nobody gives away more than they have. */
export function allowsAll(caller: Pick<Caller, 'permissions'>, permissions: readonly string[]): boolean {
  return caller.permissions.includes('*') || permissions.every((permission) => caller.permissions.includes(permission));
}

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
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Who a request comes from, and what the role allows. */
export interface Caller {
  /** A user's email or a key's name: what services store as `changedBy`. */
  readonly name: string;
  readonly role: string;
  readonly permissions: readonly string[];
}

/** @returns whether the caller's role allows it. The one place where this is decided. */
export function isAllowed(caller: Caller, needed: Permission): boolean {
  return caller.permissions.includes('*') || caller.permissions.includes(needed);
}

/** What stands in place of a secret. */
const MASK = '•••';

/** Names whose values are secrets wherever they stand, in bodies of today's routes and, by the same habits, of tomorrow's. */
const SECRET_NAMES = /^(?:key|token|.*(?:password|secret|Token|Key))$/i;
/** Of those, the ones that only sound like it. */
const HARMLESS = new Set(['idempotencykey', 'nextcursor']);

/** @returns a body with every secret masked: by its name, as the value beside `secret: true`, or as a signing secret. The audit log keeps no other. */
export function maskSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (typeof value !== 'object' || value === null) return value;
  const isSecret = (value as { secret?: unknown }).secret === true;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (name === 'signingSecrets' && Array.isArray(inner)) return [name, inner.map(maskValue)];
      if (typeof inner === 'string' && ((isSecret && name === 'value') || (SECRET_NAMES.test(name) && !HARMLESS.has(name.toLowerCase()))))
        return [name, MASK];
      return [name, maskSecrets(inner)];
    }),
  );
}

function maskValue(secret: unknown): unknown {
  if (typeof secret !== 'object' || secret === null) return MASK;
  return { ...secret, ...('value' in secret && secret.value !== undefined ? { value: MASK } : {}) };
}

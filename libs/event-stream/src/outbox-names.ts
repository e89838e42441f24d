/** The outbox' tables, sequence and channel in a service's schema, ready to stand in SQL. @throws {RangeError} for any but a plain name */
export function outboxNames(schema: string): { outbox: string; ids: string; lease: string; channel: string } {
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(schema)) throw new RangeError(`"${schema}" is no plain schema name`);
  return { outbox: `${schema}.outbox`, ids: `${schema}.outbox_id`, lease: `${schema}.outbox_lease`, channel: `${schema}_outbox` };
}

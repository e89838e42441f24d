/** Bytes before the elements: dimensions, whether NULLs are among them, the element type, then length and lower bound of the one dimension. */
export const HEADER_BYTES = 20;
/** Before each element stands its length, or {@link NULL_LENGTH}. */
export const LENGTH_BYTES = 4;
export const NULL_LENGTH = -1;

/**
 * @param elementType OID, as in PostgreSQL's `pg_type.dat`, where they are fixed
 * @returns the array with its header (`array_recv` in PostgreSQL's `arrayfuncs.c`) and room for the elements
 */
export function arrayBuffer(elementType: number, length: number, elementBytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + length * LENGTH_BYTES + elementBytes);
  buffer.writeInt32BE(1, 0);
  // PostgreSQL reads this flag and looks at the lengths all the same.
  buffer.writeInt32BE(0, 4);
  buffer.writeUInt32BE(elementType, 8);
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16);
  return buffer;
}

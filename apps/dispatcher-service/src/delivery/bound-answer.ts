import type { Socket } from 'node:net';

/**
 * Most bytes that a peer may send for one request: the 64 KiB of a body that are kept, in chunks of one byte each, and headers. Parts that
 * no parser hands on (chunk extensions, reason phrases, empty lines) would otherwise be read for as long as the request may take.
 */
export const MAX_BYTES_PER_REQUEST = 1024 * 1024;

/** Cuts a connection off whose peer sends without end. An answer begins anew when something was written since. */
export function boundAnswer(socket: Socket): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let bytes = 0;
  let written = socket.bytesWritten;
  socket.read = (size?: number): Buffer | null => {
    const chunk = read(size);
    if (chunk === null) return null;
    bytes += chunk.length;
    if (bytes <= MAX_BYTES_PER_REQUEST) return chunk;
    if (socket.bytesWritten !== written) {
      written = socket.bytesWritten;
      bytes = chunk.length;
      return chunk;
    }
    socket.destroy(new Error(`the answer is longer than ${MAX_BYTES_PER_REQUEST} bytes`));
    return null;
  };
}

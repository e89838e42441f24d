/** Appends a whole number from 0 on: seven bits a byte, the lowest first, the high bit where more follow (LEB128). */
export function pushVarint(bytes: number[], value: number): void {
  let left = value;
  while (left >= 0x80) {
    bytes.push((left % 0x80) | 0x80);
    left = Math.floor(left / 0x80);
  }
  bytes.push(left);
}

/** Reads what {@link pushVarint} wrote, one number after the other. @throws {RangeError} where the bytes end within one */
export class VarintReader {
  position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  next(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) throw new RangeError('the bytes end within a number');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  /** @returns the next byte; without the view that `take` makes, whose cost is ten times that of the byte. */
  byte(): number {
    const byte = this.bytes[this.position++];
    if (byte === undefined) throw new RangeError('the bytes end too early');
    return byte;
  }

  /** @returns the next `length` bytes, not copied. */
  take(length: number): Uint8Array {
    const end = this.position + length;
    if (end > this.bytes.length) throw new RangeError('the bytes end too early');
    const taken = this.bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }
}

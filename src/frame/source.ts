/** Bytes and the same memory as 32-bit words, so that a scan takes four bytes per step. `bytes` is at its start. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

interface SourceBuffer extends Source {
  readonly bytes: Buffer;
}

/** A source of `size` octets, a multiple of 4. Its content is undefined. */
export function allocateSource(size: number): SourceBuffer {
  const bytes = Buffer.allocUnsafeSlow(size);
  return { bytes, words: new Int32Array(bytes.buffer, bytes.byteOffset, size >> 2) };
}

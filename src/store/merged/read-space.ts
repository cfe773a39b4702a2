/** Memory that one reader after another reads into: fresh memory for each block costs more than the reading itself. */
export class ReadSpace {
  #bytes: Buffer = Buffer.alloc(0);

  /** Room for this many bytes. Overwrites what was read before. */
  of(bytes: number): Buffer {
    if (this.#bytes.length < bytes) this.#bytes = Buffer.allocUnsafeSlow(bytes);
    return this.#bytes;
  }
}

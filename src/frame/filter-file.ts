/**
 * The file with the filters of a sealed log's members: 24 bytes of head (magic, size of the sealed log, number of members),
 * then the words of each filter as a number of 32 bits, then the filters; all little-endian.
 */
const MAGIC = Buffer.from("MLGRAMS1");
const SIZE_AT = MAGIC.length;
const COUNT_AT = SIZE_AT + 8;
const HEAD_BYTES = COUNT_AT + 8;
const WORD_BYTES = 4;

/** Builds head and lengths; the filters follow as they are. */
export function filterFileHead(logBytes: number, filterWords: readonly number[]): Buffer {
  const head = Buffer.alloc(HEAD_BYTES + filterWords.length * WORD_BYTES);
  MAGIC.copy(head);
  head.writeBigUInt64LE(BigInt(logBytes), SIZE_AT);
  head.writeBigUInt64LE(BigInt(filterWords.length), COUNT_AT);
  for (const [i, words] of filterWords.entries()) head.writeUInt32LE(words, HEAD_BYTES + i * WORD_BYTES);
  return head;
}

interface FilterPlaces {
  /** Where the filter of each member begins, and where the last one ends. */
  readonly at: Float64Array;
}

/**
 * Finds the filters. Undefined if the file is not whole or belongs to another log: then the log is searched without it.
 *
 * @param file.head Its first bytes, `filterHeadBytes` of them.
 */
export function parseFilterFile(
  file: { readonly head: Buffer; readonly bytes: number },
  log: { readonly bytes: number; readonly members: number },
): FilterPlaces | undefined {
  const { head, bytes } = file;
  if (head.length < filterHeadBytes(log.members) || !head.subarray(0, SIZE_AT).equals(MAGIC)) return undefined;
  if (head.readBigUInt64LE(SIZE_AT) !== BigInt(log.bytes)) return undefined;
  if (head.readBigUInt64LE(COUNT_AT) !== BigInt(log.members)) return undefined;
  const at = new Float64Array(log.members + 1);
  at[0] = filterHeadBytes(log.members);
  for (let i = 0; i < log.members; i += 1)
    at[i + 1] = (at[i] ?? 0) + head.readUInt32LE(HEAD_BYTES + i * WORD_BYTES) * WORD_BYTES;
  return at[log.members] === bytes ? { at } : undefined;
}

export function filterHeadBytes(members: number): number {
  return HEAD_BYTES + members * WORD_BYTES;
}

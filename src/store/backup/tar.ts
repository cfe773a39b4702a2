/** One file or folder in an archive. */
export interface TarEntry {
  /** Relative, with slashes; none at the end, even for a folder. */
  readonly path: string;
  readonly kind: "file" | "folder";
  /** Permissions. */
  readonly mode: number;
  readonly modifiedMs: number;
  /** Size of the content that follows; 0 for a folder. */
  readonly bytes: number;
}

/** Content is padded to whole blocks (pax(1), "ustar Interchange Format"). */
const TAR_BLOCK_BYTES = 512;
const MAX_NAME_BYTES = 100;
/** Largest number in eleven octal digits. */
const MAX_OCTAL = 0o77777777777;
/** Bytes of an extended header: a path on Linux has at most 4,096. */
const MAX_PAX_BYTES = 16_384;

/** The header of an entry, after an extended one (pax) if its name or size does not fit. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = entry.kind === "folder" ? `${entry.path}/` : entry.path;
  const records = [
    ...(Buffer.byteLength(path) > MAX_NAME_BYTES ? [paxRecord("path", path)] : []),
    ...(entry.bytes > MAX_OCTAL ? [paxRecord("size", String(entry.bytes))] : []),
  ].join("");
  const type = entry.kind === "folder" ? "5" : "0";
  const plain = block({ ...entry, path: path.slice(-MAX_NAME_BYTES), bytes: Math.min(entry.bytes, MAX_OCTAL), type });
  if (records === "") return plain;
  const bytes = Buffer.byteLength(records);
  const extended = block({ ...entry, path: "PaxHeader", bytes, type: "x" });
  return Buffer.concat([extended, Buffer.from(records), tarPadding(bytes), plain]);
}

/** Zeros up to the end of the content's last block. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((TAR_BLOCK_BYTES - (bytes % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES);
}

/** End of an archive: two blocks of zeros. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * TAR_BLOCK_BYTES);
}

/**
 * Reads an archive: calls `take` for each entry with its content, which it must read to its end. Rejects with a
 * RangeError for anything that `tarHeader` does not write, and where it is cut off.
 */
export async function readTar(
  stream: AsyncIterable<Uint8Array>,
  take: (entry: TarEntry, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const reader = new BlockReader(stream);
  let extended: ReadonlyMap<string, string> = new Map();
  for (;;) {
    const header = await reader.whole(TAR_BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) return;
    const { type, ...entry } = parseBlock(header);
    if (type === "x") {
      if (entry.bytes > MAX_PAX_BYTES) throw new RangeError(`The archive is damaged: a name of ${entry.bytes} bytes`);
      extended = parsePax((await reader.whole(entry.bytes)).toString());
      await reader.whole(tarPadding(entry.bytes).length);
      continue;
    }
    if (type !== "0" && type !== "5")
      throw new RangeError(`The archive holds an entry of type ${JSON.stringify(type)}`);
    const bytes = Number(extended.get("size") ?? entry.bytes);
    const path = (extended.get("path") ?? entry.path).replace(/\/$/, "");
    extended = new Map();
    await take({ ...entry, path, bytes, kind: type === "5" ? "folder" : "file" }, reader.content(bytes));
    await reader.whole(tarPadding(bytes).length);
  }
}

function paxRecord(name: string, value: string): string {
  const rest = ` ${name}=${value}\n`;
  // The length counts its own digits.
  let length = Buffer.byteLength(rest) + 1;
  while (String(length).length + Buffer.byteLength(rest) !== length) length += 1;
  return `${length}${rest}`;
}

function parsePax(text: string): Map<string, string> {
  return new Map([...text.matchAll(/\d+ ([a-z]+)=([^\n]*)\n/g)].map(([, name = "", value = ""]) => [name, value]));
}

function block(of: { path: string; mode: number; bytes: number; modifiedMs: number; type: string }): Buffer {
  const header = Buffer.alloc(TAR_BLOCK_BYTES);
  const octal = (value: number, at: number, length: number) =>
    header.write(
      `${Math.floor(value)
        .toString(8)
        .padStart(length - 1, "0")}\0`,
      at,
      "latin1",
    );
  header.write(of.path, 0, MAX_NAME_BYTES, "utf8");
  octal(of.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(of.bytes, 124, 12);
  octal(Math.max(0, of.modifiedMs / 1_000), 136, 12);
  header.write(" ".repeat(8), 148, "latin1");
  header.write(of.type, 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write(`${sumOf(header).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

function parseBlock(header: Buffer): Omit<TarEntry, "kind"> & { type: string } {
  const text = (at: number, length: number) => header.toString("utf8", at, at + length).replace(/\0.*$/s, "");
  const octal = (at: number, length: number) => Number.parseInt(text(at, length).trim(), 8);
  const sum = octal(148, 8);
  header.write(" ".repeat(8), 148, "latin1");
  if (sum !== sumOf(header)) throw new RangeError("The archive is damaged: a header's checksum is wrong");
  const [mode, bytes, seconds] = [octal(100, 8), octal(124, 12), octal(136, 12)];
  return { path: text(0, MAX_NAME_BYTES), mode, bytes, modifiedMs: seconds * 1_000, type: text(156, 1) };
}

function sumOf(header: Buffer): number {
  return header.reduce((sum, byte) => sum + byte, 0);
}

/** Takes a stream apart by byte counts. */
class BlockReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  async whole(bytes: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.content(bytes)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *content(bytes: number): AsyncGenerator<Uint8Array> {
    for (let left = bytes; left > 0; ) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done === true) throw new RangeError("The archive is cut off");
        this.#rest = value;
      }
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }
}

import type { Chunk } from "../../frame/chunk.ts";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";

/** Waits for an owner: lines, or the end, of one (node, x, hash of key). */
export type QuarantinedItem =
  | { readonly t: "lines"; readonly chunk: Chunk }
  | { readonly t: "end"; readonly lastN: number; readonly json: string };

const LINE_FEED = 0x0a;

/** One record of a quarantine file: a line of JSON; for lines, `bytes` of the log format follow it. */
export function encodeItem(item: QuarantinedItem): Buffer {
  if (item.t === "end") return Buffer.from(`${JSON.stringify(item)}\n`);
  const { firstN, count, fragments, cri } = item.chunk;
  const head = { t: "lines", firstN, count, fragments, bytes: cri.length };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), cri]);
}

/** Most bytes of the log format in one chunk: each is a write(2). */
const MAX_CHUNK_BYTES = 65_536;

/**
 * Reads records up to the end, or up to the first one that is torn or malformed. Consecutive lines from separate frames
 * become one item.
 */
export function* decodeItems(bytes: Buffer): Generator<QuarantinedItem, undefined> {
  let joined: JoinedLines | undefined;
  for (const item of decodeRecords(bytes)) {
    if (item.t === "lines" && joined?.takes(item.chunk)) continue;
    if (joined !== undefined) yield { t: "lines", chunk: joined.chunk };
    joined = item.t === "lines" ? new JoinedLines(item.chunk) : undefined;
    if (item.t === "end") yield item;
  }
  if (joined !== undefined) yield { t: "lines", chunk: joined.chunk };
}

/** Chunks whose numbers follow each other. */
class JoinedLines {
  readonly #first: Chunk;
  readonly #cri: Buffer[];
  #count: number;
  #fragments: number;
  #bytes: number;

  constructor(first: Chunk) {
    this.#first = first;
    this.#cri = [first.cri];
    this.#count = first.count;
    this.#fragments = first.fragments;
    this.#bytes = first.cri.length;
  }

  /** Adds a chunk if its numbers follow. Returns whether it did. */
  takes({ firstN, count, fragments, cri }: Chunk): boolean {
    if (firstN !== this.#first.firstN + this.#count || this.#bytes + cri.length > MAX_CHUNK_BYTES) return false;
    this.#cri.push(cri);
    this.#count += count;
    this.#fragments += fragments;
    this.#bytes += cri.length;
    return true;
  }

  get chunk(): Chunk {
    const [count, fragments] = [this.#count, this.#fragments];
    return { firstN: this.#first.firstN, count, fragments, cri: Buffer.concat(this.#cri, this.#bytes) };
  }
}

function* decodeRecords(bytes: Buffer): Generator<QuarantinedItem, undefined> {
  let at = 0;
  while (at < bytes.length) {
    const headEnd = bytes.indexOf(LINE_FEED, at);
    const head = headEnd < 0 ? undefined : asRecord(parseJson(bytes.toString("utf8", at, headEnd)));
    if (head === undefined) return;
    at = headEnd + 1;
    const { json } = head;
    const lastN = asCount(head["lastN"]);
    if (head["t"] === "end" && lastN !== undefined && typeof json === "string") {
      yield { t: "end", lastN, json };
      continue;
    }
    const [firstN, count] = [asCount(head["firstN"], 1), asCount(head["count"], 1)];
    const [fragments, length] = [asCount(head["fragments"]), asCount(head["bytes"], 1)];
    if (firstN === undefined || count === undefined || fragments === undefined || length === undefined) return;
    if (at + length > bytes.length) return;
    yield { t: "lines", chunk: { firstN, count, fragments, cri: bytes.subarray(at, at + length) } };
    at += length;
  }
}

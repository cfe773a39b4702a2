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

/** Reads records up to the end, or up to the first one that is torn or malformed. */
export function decodeItems(bytes: Buffer): QuarantinedItem[] {
  const items: QuarantinedItem[] = [];
  let at = 0;
  while (at < bytes.length) {
    const headEnd = bytes.indexOf(LINE_FEED, at);
    const head = headEnd < 0 ? undefined : asRecord(parseJson(bytes.toString("utf8", at, headEnd)));
    if (head === undefined) break;
    at = headEnd + 1;
    const { json } = head;
    const lastN = asCount(head["lastN"]);
    if (head["t"] === "end" && lastN !== undefined && typeof json === "string") {
      items.push({ t: "end", lastN, json });
      continue;
    }
    const [firstN, count] = [asCount(head["firstN"], 1), asCount(head["count"], 1)];
    const [fragments, length] = [asCount(head["fragments"]), asCount(head["bytes"], 1)];
    if (firstN === undefined || count === undefined || fragments === undefined || length === undefined) break;
    if (at + length > bytes.length) break;
    items.push({ t: "lines", chunk: { firstN, count, fragments, cri: bytes.subarray(at, at + length) } });
    at += length;
  }
  return items;
}

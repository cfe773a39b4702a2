import { asCount, type UnknownRecord } from "../../wire/record.ts";

/** Where the members of a sealed log begin: in its file, in its text, and at which line (from 0); and their ends. */
export interface MemberTable {
  readonly fileAt: Float64Array;
  readonly textAt: Float64Array;
  readonly lineAt: Float64Array;
}

/** Record of the sidecar: the log is sealed, in a file of `fileBytes`. `parts`: file bytes, text bytes and lines of each. */
export interface SealedRecord {
  readonly t: "sealed";
  readonly fileBytes: number;
  readonly filterBytes: number;
  readonly bytes: number;
  readonly lines: number;
  readonly fragments: number;
  readonly parts: readonly (readonly [fileBytes: number, textBytes: number, lines: number])[];
}

/** Undefined if its sums do not match its parts: then no place in the file is known. */
export function parseSealed(members: UnknownRecord): SealedRecord | undefined {
  const counts = ["fileBytes", "filterBytes", "bytes", "lines", "fragments"].map((name) => asCount(members[name]));
  const [fileBytes, filterBytes, bytes, lines, fragments] = counts;
  const { parts: list } = members;
  if (fileBytes === undefined || filterBytes === undefined || bytes === undefined) return undefined;
  if (lines === undefined || fragments === undefined || !Array.isArray(list)) return undefined;
  const parts = list.flatMap((part: unknown) => {
    const [file, text, count] = Array.isArray(part) ? part.map((value) => asCount(value, 1)) : [];
    return file === undefined || text === undefined || count === undefined ? [] : [[file, text, count] as const];
  });
  const sumOf = (at: 0 | 1 | 2) => parts.reduce((sum, part) => sum + part[at], 0);
  if (parts.length !== list.length || sumOf(0) !== fileBytes || sumOf(1) !== bytes || sumOf(2) !== lines)
    return undefined;
  return { t: "sealed", fileBytes, filterBytes, bytes, lines, fragments, parts };
}

export function tableOf({ parts }: Pick<SealedRecord, "parts">): MemberTable {
  const placesOf = (at: 0 | 1 | 2) => {
    const places = new Float64Array(parts.length + 1);
    for (const [i, part] of parts.entries()) places[i + 1] = (places[i] ?? 0) + part[at];
    return places;
  };
  return { fileAt: placesOf(0), textAt: placesOf(1), lineAt: placesOf(2) };
}

/** The member that contains a place, by a sorted list of places; the last one for the end. */
export function memberAt(places: Float64Array, place: number): number {
  let [low, high] = [0, places.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((places[middle] ?? 0) <= place) low = middle;
    else high = middle;
  }
  return low;
}

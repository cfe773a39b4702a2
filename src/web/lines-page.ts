import { lineOfCri } from "../frame/cri-line.ts";
import type { Execution, Line } from "../wire/api.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { Archive, Lines } from "./ports.ts";

/** Octets of lines in one page, for any number of lines: a page is held in memory as a whole. */
const MAX_PAGE_BYTES = 4_194_304;
/** Size of one piece: half a millisecond's work. */
const PIECE_LINES = 256;
const PIECE_BYTES = 65_536;
const LINE_FEED = 10;

/** A page of lines, decoded piece by piece when asked for. */
interface Page {
  readonly pieces: Iterable<readonly Line[]>;
  readonly next: number | null;
}

export async function readPage(
  archive: Archive,
  viewer: Viewer,
  at: { execution: Execution; from: number; limit: number },
): Promise<Page> {
  const { from, limit } = at;
  const { x, node, owner } = at.execution;
  const pieces = await archive.read(viewer, { x, node, owner, from, maxLines: limit, maxBytes: MAX_PAGE_BYTES });
  const last = pieces.at(-1);
  if (last === undefined) return { pieces: [], next: null };
  // Looks for the next stored line: it may come after a gap, or not exist.
  const after = last.firstN + last.count;
  const [following] = await archive.read(viewer, { x, node, owner, from: after, maxLines: 1, maxBytes: 1 });
  return { pieces: decoded(pieces), next: following?.firstN ?? null };
}

/** The last `count` lines, or fewer if they are too long for a page: then half of them, and so on. */
export async function readEnd(
  archive: Archive,
  viewer: Viewer,
  { execution, last }: { execution: Execution; last: number },
): Promise<Page> {
  const { lastN } = execution;
  const page = await readPage(archive, viewer, { execution, from: Math.max(1, lastN - last + 1), limit: last });
  const isCut = page.next !== null && page.next <= lastN;
  return isCut && last > 1 ? readEnd(archive, viewer, { execution, last: Math.ceil(last / 2) }) : page;
}

/** Decodes lines in pieces that take half a millisecond each. */
export function* decoded(chunks: readonly Lines[]): Generator<readonly Line[]> {
  let lines: Line[] = [];
  let bytes = 0;
  for (const { firstN, count, cri } of chunks) {
    let at = 0;
    for (let n = firstN; n < firstN + count; n += 1) {
      const end = cri.indexOf(LINE_FEED, at);
      const line = lineOfCri(cri.subarray(at, end), n);
      if (line !== undefined) lines.push(line);
      bytes += end + 1 - at;
      at = end + 1;
      if (lines.length < PIECE_LINES && bytes < PIECE_BYTES) continue;
      yield lines;
      lines = [];
      bytes = 0;
    }
  }
  yield lines;
}

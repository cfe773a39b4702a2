import type { Execution, Line } from "../wire/api.ts";
import type { StreamName } from "../wire/stream-name.ts";
import type { Viewer } from "../wire/viewer.ts";
import { decoded } from "./lines-page.ts";
import type { Archive } from "./ports.ts";

/** Lines read in one step, from the end back, and in all: a program's last line is near the end. */
const STEP_LINES = 500;
const MAX_LOOKED_AT = 4_000;
/** Bytes of one read, and of all; a step with long lines takes several reads. */
const READ_BYTES = 1_048_576;
const MAX_READ_BYTES = 8_388_608;

/** The last `count` lines of an execution, of one stream or of both, in order; fewer if they lie too far back. */
export async function readLastLines(
  archive: Pick<Archive, "read">,
  viewer: Viewer,
  wanted: { readonly execution: Execution; readonly stream: StreamName | undefined; readonly count: number },
): Promise<readonly Line[]> {
  const { execution, stream, count } = wanted;
  const { x, node, owner, lastN } = execution;
  let found: Line[] = [];
  let bytesLeft = MAX_READ_BYTES;
  const step = stream === undefined ? count : STEP_LINES;
  for (let until = lastN; until > Math.max(0, lastN - MAX_LOOKED_AT) && found.length < count; until -= step) {
    const lines: Line[] = [];
    for (let from = Math.max(1, until - step + 1); from <= until && bytesLeft > 0; ) {
      const range = { x, node, owner, from, maxLines: until - from + 1, maxBytes: READ_BYTES };
      const chunks = await archive.read(viewer, range);
      const last = chunks.at(-1);
      if (last === undefined) break;
      bytesLeft -= chunks.reduce((sum, { cri }) => sum + cri.length, 0);
      for (const piece of decoded(chunks))
        lines.push(...piece.filter((line) => line.n <= until && (stream === undefined || line.stream === stream)));
      from = last.firstN + last.count;
    }
    found = [...lines, ...found];
  }
  return found.slice(-count);
}

import { CRI } from "../wire/cri.ts";
import type { FoundLine, SearchEvent } from "../wire/search-event.ts";
import { parseStream } from "../wire/stream-name.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { Archive } from "./ports.ts";

interface FoundTextOptions {
  readonly archive: Pick<Archive, "read">;
  readonly viewer: Viewer;
  /** Time and node stand before each line. */
  readonly isTimed: boolean;
}

/** Of a long line, read at a time. */
const STEP_BYTES = 131_072;
const MAX_LINES = 10_000;
const NEWLINE = 0x0a;

/** Lines that a search finds, as text: as printed, whole, with a line feed at the end of each. */
export class FoundText {
  readonly #options: FoundTextOptions;

  constructor(options: FoundTextOptions) {
    this.#options = options;
  }

  /** What an event adds to the text. */
  async *of(event: SearchEvent): AsyncGenerator<Buffer> {
    if (event.t === "hit") {
      if (this.#options.isTimed) yield Buffer.from(`${event.time} ${event.node} `);
      if (event.cut === undefined) yield Buffer.concat([bytesOf(event), Buffer.from("\n")]);
      else yield* this.#wholeLine(event);
    } else if (event.t === "end") {
      const words = endWords(event);
      if (words !== "") yield Buffer.from(`==> ${words} <==\n`);
    }
  }

  /** A line longer than what a search shows of it, from where it is stored. */
  async *#wholeLine({ x, node, owner, n, lastN, stream }: FoundLine): AsyncGenerator<Buffer> {
    const { archive, viewer } = this.#options;
    for (let from = n; from <= lastN; ) {
      const asked = { x, node, owner, from, maxLines: Math.min(MAX_LINES, lastN - from + 1), maxBytes: STEP_BYTES };
      const chunks = await archive.read(viewer, asked);
      const last = chunks.at(-1);
      if (last === undefined) break;
      for (const { cri, firstN } of chunks) yield* textsIn(cri, { stream, most: lastN - firstN + 1 });
      from = last.firstN + last.count;
    }
    yield Buffer.from("\n");
  }
}

/** What the first `most` stored lines have of one stream. */
function* textsIn(
  cri: Buffer,
  { stream, most }: { readonly stream: string; readonly most: number },
): Generator<Buffer> {
  let at = 0;
  for (let count = 0; count < most && at < cri.length; count += 1) {
    const feed = cri.indexOf(NEWLINE, at);
    const end = feed < 0 ? cri.length : feed;
    const said = parseStream(cri.toString("latin1", at + CRI.streamAt, at + CRI.tagAt - 1));
    if (said === stream) yield cri.subarray(at + CRI.prefixCharacters, end);
    at = end + 1;
  }
}

/** All that is missing; empty if nothing is. */
function endWords({ capped, why, message, hits, unreadable, longLines }: Extract<SearchEvent, { t: "end" }>): string {
  const parts: string[] = [];
  if (why === "limit") parts.push(`Only the first ${hits} lines: narrow the search for the others`);
  else if (why !== undefined || capped) parts.push(`Not everything was read: ${message ?? "the search took too long"}`);
  if (unreadable > 0) parts.push(`Executions that could not be read: ${unreadable}`);
  if (longLines > 0) parts.push(`Lines of which only the first MiB was searched: ${longLines}`);
  return parts.join(". ");
}

function bytesOf({ text, b64 = "" }: FoundLine): Buffer {
  return text === undefined ? Buffer.from(b64, "base64") : Buffer.from(text);
}

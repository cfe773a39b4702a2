import { CRI } from "../wire/cri.ts";
import type { FoundLine, SearchEvent } from "../wire/search-event.ts";
import { parseStream } from "../wire/stream-name.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { Archive } from "./ports.ts";

interface FoundTextOptions {
  readonly archive: Pick<Archive, "read">;
  readonly viewer: Viewer;
  /** Whether time and node precede each line. */
  readonly isTimed: boolean;
}

/** Bytes of a long line read at a time. */
const STEP_BYTES = 131_072;
const MAX_LINES = 10_000;
const NEWLINE = 0x0a;

/** Text of the lines that a search finds: as printed, whole, each with a line feed at its end. */
export class FoundText {
  readonly #options: FoundTextOptions;

  constructor(options: FoundTextOptions) {
    this.#options = options;
  }

  /** The text of an event. */
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

  /** Reads a line from the store that is longer than a search shows. */
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

/** One stream's texts among the first `most` stored lines. */
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

/** Names everything that is missing; empty if nothing is. */
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

import { StreamLook } from "../../../../src/text/screen/stream-look.ts";
import { sameStyle } from "../../../../src/text/screen/style.ts";
import { sequenceOf } from "../../../../src/text/screen/style-sequence.ts";
import type { StreamLooks } from "../../../../src/wire/stream-looks.ts";
import type { LogRow } from "./log-row.ts";

/** Most known places of one stream: one for each page. Beyond that the earliest is dropped. */
const MAX_KNOWN = 64;

// biome-ignore lint/suspicious/noControlCharactersInRegex: it detects the start of sequences
const ESCAPE = /[\x1b\x90-\x9f]/;

/** The look of a stream before a line, as a StreamLook's state. */
interface Known {
  readonly n: number;
  readonly state: string;
}

interface Stream {
  look: StreamLook;
  /** The last line that passed. */
  n: number;
  /** Sorted by line number. */
  known: Known[];
}

/** The look that each stream of each execution has left on. Rows go through it in their order. */
export class StreamStyles {
  readonly #streams = new Map<number, Stream>();

  /** Call before its rows pass again, from the first on. */
  rewind(source: number): void {
    for (const stream of this.#both(source)) Object.assign(stream, begun());
  }

  /** Call before rows of an execution from line `from` on pass. Line 1 begins plain. */
  begin(source: number, from: number): void {
    for (const stderr of [false, true]) this.#streams.delete(keyOf({ source, stderr }));
    if (from === 1) this.know(source, 1, { stdout: "", stderr: "" });
  }

  forgetAll(): void {
    this.#streams.clear();
  }

  /** Sets the looks before line `n` of an execution, whatever earlier rows left on. */
  know(source: number, n: number, { stdout, stderr }: StreamLooks): void {
    for (const [at, stream] of this.#both(source).entries()) {
      const others = stream.known.filter((known) => known.n !== n);
      const all = [...others, { n, state: at === 0 ? stdout : stderr }].sort((a, b) => a.n - b.n);
      stream.known = all.slice(-MAX_KNOWN);
    }
  }

  /**
   * Call when rows before line `from` were dropped: the first row of each stream holds the look that they left on, if
   * it was known.
   */
  pin(source: number, from: number, first: { stdout: LogRow | undefined; stderr: LogRow | undefined }): void {
    if (!this.#both(source).every(({ known }) => known.some(({ n }) => n <= from))) return;
    const [stdout, stderr] = this.#both(source).map(({ look }, at) => {
      const row = at === 0 ? first.stdout : first.stderr;
      return row === undefined ? look.state : sequenceOf(row.style);
    });
    this.know(source, from, { stdout: stdout ?? "", stderr: stderr ?? "" });
    for (const stream of this.#both(source)) stream.known = stream.known.filter(({ n }) => n >= from);
  }

  /** The row with the look that it begins with: the same object if it already has that. */
  styled(row: LogRow): LogRow {
    const stream = this.#of(row.source, row.stderr);
    const known = stream.known.findLast(({ n }) => n <= row.n);
    if (known !== undefined && known.n > stream.n) stream.look = new StreamLook(known.state);
    stream.n = row.to;
    const { style } = stream.look;
    if (stream.look.isOpen || ESCAPE.test(row.text)) stream.look.write(row.text, row.open);
    return sameStyle(row.style, style) ? row : { ...row, style };
  }

  #both(source: number): readonly [Stream, Stream] {
    return [this.#of(source, false), this.#of(source, true)];
  }

  #of(source: number, stderr: boolean): Stream {
    const key = keyOf({ source, stderr });
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    const stream = { ...begun(), known: [] };
    this.#streams.set(key, stream);
    return stream;
  }
}

function begun(): Pick<Stream, "look" | "n"> {
  return { look: new StreamLook(), n: 0 };
}

/** Called for each line: a number, which allocates no text. */
function keyOf({ source, stderr }: Pick<LogRow, "source" | "stderr">): number {
  return 2 * source + (stderr ? 1 : 0);
}

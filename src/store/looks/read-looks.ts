import type { LoopTurns } from "../../host/loop-turns.ts";
import { StreamLook } from "../../text/screen/stream-look.ts";
import { CRI } from "../../wire/cri.ts";
import type { StreamLooks } from "../../wire/stream-looks.ts";
import type { Segment } from "../execution/numbered-log.ts";
import { OpenLogs } from "../execution/open-logs.ts";
import type { Numbered } from "../execution/read-chunks.ts";
import type { LogText } from "../sealed/log-text.ts";
import { EscapeFinder } from "./escape-finder.ts";

/** Pieces of the log whose files are opened together. */
const SEGMENTS_AT_ONCE = 64;
/** Bytes read at once to find an escape sequence: takes a fraction of a millisecond. */
const FIND_BYTES = 262_144;
/** Bytes read at once where sequences are: full of the shortest ones, they take some milliseconds. */
const READ_BYTES = 32_768;
const LINE_FEED = 0x0a;
const LETTER_E = 0x65;
const LETTER_P = 0x50;

interface LooksRange {
  /** The looks before line `from`. */
  readonly looks: StreamLooks;
  readonly from: number;
  readonly to: number;
}

/**
 * The looks of both streams before line `to`. Bytes without escape sequences are skipped as fast as a search for one
 * byte, without counting their lines: the log's marks give the number that follows.
 *
 * @param load Returns the execution; called again after some pieces of its log, which may have been replaced meanwhile.
 * @param onChange Called with the looks from line `n` on.
 */
export async function readLooks(
  load: () => Promise<Numbered | undefined>,
  range: LooksRange,
  { turns, onChange }: { turns: Pick<LoopTurns, "run">; onChange?: (n: number, looks: StreamLooks) => void },
): Promise<StreamLooks> {
  const walk = new LookWalk(range, turns, onChange);
  for (let from = range.from; from < range.to; ) {
    const execution = await load();
    const segments = execution?.segments(from, SEGMENTS_AT_ONCE) ?? [];
    const last = segments.at(-1);
    if (last === undefined) break;
    const files = new OpenLogs({ withFilters: false });
    try {
      for (const { log } of segments) files.open(log);
      for (const segment of segments) {
        if (segment.n < range.to) await walk.segment(segment, files.open(segment.log).text);
      }
    } finally {
      files.close();
    }
    from = last.n + last.lines;
  }
  return walk.looks;
}

interface Place {
  readonly at: number;
  readonly n: number;
}

class LookWalk {
  readonly #range: LooksRange;
  readonly #turns: Pick<LoopTurns, "run">;
  readonly #onChange: ((n: number, looks: StreamLooks) => void) | undefined;
  readonly #stdout: StreamLook;
  readonly #stderr: StreamLook;
  looks: StreamLooks;

  constructor(
    range: LooksRange,
    turns: Pick<LoopTurns, "run">,
    onChange: ((n: number, looks: StreamLooks) => void) | undefined,
  ) {
    this.#range = range;
    this.#turns = turns;
    this.#onChange = onChange;
    this.looks = range.looks;
    this.#stdout = new StreamLook(range.looks.stdout);
    this.#stderr = new StreamLook(range.looks.stderr);
  }

  async segment(segment: Segment, text: LogText): Promise<void> {
    const { log } = segment;
    const { from, to } = this.#range;
    const end = { at: segment.at + segment.bytes, n: segment.n + segment.lines };
    const known = to >= end.n ? end : log.placeBefore(segment, to);
    let place: Place = log.placeBefore(segment, Math.max(from, segment.n));
    while (place.n < Math.min(to, end.n)) {
      if (place.at < known.at && !this.#isOpen) {
        const escapeAt = await findEscape(text, place.at, known.at);
        if (escapeAt === undefined) {
          place = known;
          continue;
        }
        const marked = log.numberBefore(escapeAt);
        if (marked.at > place.at) place = marked;
      }
      const next = await this.#lines(text, place, end.at);
      if (next.n === place.n) return;
      place = next;
    }
  }

  get #isOpen(): boolean {
    return this.#stdout.isOpen || this.#stderr.isOpen;
  }

  /** Reads lines from a place on, up to a block of them without escape sequences. Returns where it stopped. */
  async #lines(text: LogText, place: Place, endAt: number): Promise<Place> {
    let { at, n } = place;
    let rest: Buffer = Buffer.alloc(0);
    while (n < this.#range.to) {
      const fresh = await text.read(at + rest.length, Math.min(READ_BYTES, endAt - at - rest.length));
      if (fresh.length === 0) break;
      const data = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
      const block = await this.#turns.run(async () => this.#block(data, n));
      at += block.bytes;
      n += block.lines;
      if (!block.hasEscapes && !this.#isOpen && block.lines > 0) break;
      rest = data.subarray(block.bytes);
    }
    return { at, n };
  }

  /** The whole lines of a block, the first with number `firstN`. */
  #block(data: Buffer, firstN: number): { bytes: number; lines: number; hasEscapes: boolean } {
    const escapes = new EscapeFinder(data);
    let [at, n, hasEscapes] = [0, firstN, false];
    for (let end = data.indexOf(LINE_FEED); end >= 0 && n < this.#range.to; end = data.indexOf(LINE_FEED, at)) {
      const isEscaped = escapes.next(at) < end;
      hasEscapes ||= isEscaped;
      if (n >= this.#range.from && (isEscaped || this.#isOpen)) this.#line(data.subarray(at, end), n);
      at = end + 1;
      n += 1;
    }
    return { bytes: at, lines: n - firstN, hasEscapes };
  }

  #line(cri: Buffer, n: number): void {
    const isStderr = cri[CRI.streamAt + 3] === LETTER_E;
    const look = isStderr ? this.#stderr : this.#stdout;
    look.write(cri.toString("utf8", CRI.prefixCharacters), cri[CRI.tagAt] === LETTER_P);
    const { state } = look;
    if (state === (isStderr ? this.looks.stderr : this.looks.stdout)) return;
    this.looks = isStderr ? { ...this.looks, stderr: state } : { ...this.looks, stdout: state };
    this.#onChange?.(n + 1, this.looks);
  }
}

/** The first place in `from..to` at which an escape sequence begins. */
async function findEscape(text: LogText, from: number, to: number): Promise<number | undefined> {
  for (let at = from; at < to; ) {
    const data = await text.read(at, Math.min(FIND_BYTES, to - at));
    if (data.length === 0) return undefined;
    const found = new EscapeFinder(data).next(0);
    if (found < data.length) return at + found;
    at += data.length;
  }
  return undefined;
}

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { asRecord, parseJson } from "../../wire/record.ts";
import type { MarkList } from "./log-marks.ts";
import { type MarkRecord, parseMark } from "./sidecar.ts";
import { LastMerge } from "./valid-records.ts";

const LINE_FEED = 0x0a;
/** A record begins a line, and JSON has no line feed in a text. BEGIN stands before all others. */
const MARK = Buffer.from('\n{"t":"mark","f":"main"');
const CUT = Buffer.from('\n{"t":"cut"');
/** The marks of 8 GiB of log, which are read and found in a few milliseconds. */
const MAX_BYTES = 4_194_304;

/**
 * The marks of a log in its sidecar's bytes, each parsed on access: a search for one place in a long log accesses ten
 * of thousands.
 */
export class SidecarMarks implements MarkList {
  readonly #bytes: Buffer;
  /** Where each mark begins. */
  readonly #starts: readonly number[];

  /** Undefined if only loading the execution shows which marks are valid, or takes turns. Throws the file system's error. */
  static read(path: string): SidecarMarks | undefined {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = fstatSync(fd);
      if (size > MAX_BYTES) return undefined;
      const block = Buffer.allocUnsafe(size);
      const bytes = block.subarray(0, readSync(fd, block, 0, size, 0));
      return bytes.includes(CUT) ? undefined : new SidecarMarks(bytes);
    } finally {
      closeSync(fd);
    }
  }

  private constructor(bytes: Buffer) {
    this.#bytes = bytes;
    // Marks before the last merge belong to a log that no longer exists.
    const merge = new LastMerge();
    merge.take(bytes);
    const starts: number[] = [];
    for (let at = bytes.indexOf(MARK, merge.at); at >= 0; at = bytes.indexOf(MARK, at + MARK.length))
      starts.push(at + 1);
    this.#starts = starts;
  }

  get length(): number {
    return this.#starts.length;
  }

  at(place: number): MarkRecord | undefined {
    const start = this.#starts[place];
    if (start === undefined) return undefined;
    const end = this.#bytes.indexOf(LINE_FEED, start);
    const members = end < 0 ? undefined : asRecord(parseJson(this.#bytes.toString("utf8", start, end)));
    return members === undefined ? undefined : parseMark({ t: "mark", members });
  }
}

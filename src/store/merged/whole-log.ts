import { statSync } from "node:fs";
import { asCount, type UnknownRecord } from "../../wire/record.ts";
import { type MarkList, marksAround } from "../execution/log-marks.ts";
import { SidecarMarks } from "../execution/sidecar-marks.ts";
import { type StoredLines, wholeFragments } from "../execution/whole-fragments.ts";
import type { MarkedLog } from "./marked-log.ts";

/** A log that holds all lines of its execution, in order. Finding a time in it needs no sidecar. */
export class WholeLog implements MarkedLog {
  readonly path: string;
  readonly members = undefined;
  readonly size: number;
  readonly #base: string;
  readonly #lines: number;
  #marks: MarkList | undefined;

  private constructor(base: string, size: number, lines: number) {
    this.path = pathOf(base);
    this.size = size;
    this.#base = base;
    this.#lines = lines;
  }

  /** Made from the summary of a final row. Undefined if the file is missing or holds something else. */
  static of(base: string, summary: UnknownRecord): WholeLog | undefined {
    const stored = storedLines(summary);
    if (stored === undefined || stored.lines === 0) return undefined;
    const size = statSync(pathOf(base), { throwIfNoEntry: false })?.size;
    if (size === undefined || wholeFragments(stored, size) === undefined) return undefined;
    return new WholeLog(base, size, stored.lines);
  }

  /** Reads the marks in its sidecar. False if that requires loading the execution. */
  readMarks(): boolean {
    this.#marks ??= SidecarMarks.read(`${this.#base}.meta`);
    return this.#marks !== undefined;
  }

  bracketOf(): { from: number; to: number } {
    return { from: 0, to: this.size };
  }

  numberBefore(at: number): { at: number; n: number } {
    const { before } = marksAround(this.#marks ?? [], (mark) => mark.at <= at);
    return before === undefined ? { at: 0, n: 1 } : { at: before.at, n: before.line + 1 };
  }

  numberBehind(at: number): { at: number; n: number } {
    const { behind } = marksAround(this.#marks ?? [], (mark) => mark.at <= at);
    return behind === undefined ? { at: this.size, n: this.#lines + 1 } : { at: behind.at, n: behind.line + 1 };
  }
}

function pathOf(base: string): string {
  return `${base}.log`;
}

/** Does not check every member: the collector itself has written it. */
function storedLines({ delivery, lines, lastN, bytes }: UnknownRecord): StoredLines | undefined {
  const [counted, last, printed] = [asCount(lines), asCount(lastN), asCount(bytes)];
  if (delivery !== "complete" || counted === undefined || last === undefined || printed === undefined) return undefined;
  return { delivery, lines: counted, lastN: last, bytes: printed };
}

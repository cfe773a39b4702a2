import { safeText } from "../../host/safe-text.ts";
import { columnsOf } from "../../text/screen/cells.ts";
import { isRedrawn, settledLine } from "../../text/screen/settled-line.ts";
import type { FoundLine, MatchRange, SearchEvent, SearchedExecution } from "../../wire/search-event.ts";
import type { Output } from "../remote/output.ts";
import { decoded, shownText } from "../remote/shown-text.ts";
import { fittedPieces, type Piece } from "./fitted-pieces.ts";

/** grep's own colours (GREP_COLORS in grep(1)): match, name, number, separator. */
const LOOK = { match: "1;31", name: "35", number: "32", separator: "36" } as const;
const LEFT_OUT = "…";

/** Prints what a search finds as grep does. */
export class FoundLines {
  readonly #output: Output;
  readonly #isOne: boolean;
  readonly #isRaw: boolean;
  #last: FoundLine | undefined;
  #hasContext = false;

  /** @param options.isOne all are of one execution, which needs no name. */
  constructor(output: Output, options: { readonly isOne: boolean; readonly isRaw: boolean }) {
    this.#output = output;
    this.#isOne = options.isOne;
    this.#isRaw = options.isRaw;
  }

  async print(event: SearchEvent): Promise<void> {
    if (event.t === "hit") await this.#line(event, { mark: ":", at: event.at });
    else if (event.t === "context") await this.#line(event, { mark: "-", at: [] });
    else if (event.t === "count")
      await this.#output.line(
        this.#isOne ? String(event.hits) : `${this.#nameOf(event)}${this.#mark(":")}${event.hits}`,
      );
    else if (event.t === "execution") await this.#output.line(this.#nameOf(event));
  }

  async #line(line: FoundLine, { mark, at }: { mark: string; at: readonly MatchRange[] }): Promise<void> {
    if (mark === "-") this.#hasContext = true;
    const last = this.#last;
    const isNext = last?.x === line.x && last.node === line.node && line.n <= last.lastN + 1;
    if (this.#hasContext && last !== undefined && !isNext) await this.#output.line(this.#mark("--"));
    this.#last = line;
    const name = this.#isOne ? "" : `${this.#nameOf(line)}${this.#mark("#")}`;
    const head = `${name}${this.#output.painted(String(line.n), LOOK.number)}${this.#mark(mark)}`;
    const headColumns = (this.#isOne ? 0 : columnsOf(`${safeText(line.node)}:${line.x}#`)) + `${line.n}${mark}`.length;
    const room = this.#output.columns - headColumns;
    if (!this.#isRaw) return this.#output.line(`${head}${this.#textOf(line, at, room)}`);
    await this.#output.write(head);
    await this.#output.write(bytesOf(line));
    await this.#output.write("\n");
  }

  /** For a person as much of it as a row has room for: lines of 4 KiB would fill the terminal. */
  #textOf(line: FoundLine, at: readonly MatchRange[], room: number): string {
    const [before = 0, after = 0] = line.cut ?? [];
    const whole = line.text ?? decoded(bytesOf(line));
    // The places of matches in bytes mean nothing in their text.
    const { text, from, ranges } = matchedState(whole, line.text === undefined ? [] : at);
    const all = piecesOf(text, this.#output.isTerminal ? ranges : []);
    const fitted = this.#output.isTerminal ? fittedPieces(all, room) : undefined;
    const parts = (fitted?.pieces ?? all).map((each) =>
      each.isMatch ? this.#matched(each.text) : this.#shown(each.text),
    );
    const isCutBefore = before + from > 0 || fitted?.isCutBefore === true;
    const isCutAfter = after > 0 || fitted?.isCutAfter === true;
    return `${isCutBefore ? LEFT_OUT : ""}${parts.join("")}${isCutAfter ? LEFT_OUT : ""}`;
  }

  #matched(text: string): string {
    return text === "" ? "" : this.#output.painted(shownText(text, { isColoured: false }), LOOK.match);
  }

  #shown(text: string): string {
    return shownText(text, { isColoured: this.#output.isColoured });
  }

  #nameOf({ node, x }: SearchedExecution): string {
    return `${this.#output.painted(safeText(node), LOOK.name)}${this.#mark(":")}${this.#output.painted(x, LOOK.name)}`;
  }

  #mark(text: string): string {
    return this.#output.painted(text, LOOK.separator);
  }
}

function piecesOf(text: string, ranges: readonly MatchRange[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const [start, end] of ranges) {
    pieces.push({ text: text.slice(done, start), isMatch: false }, { text: text.slice(start, end), isMatch: true });
    done = end;
  }
  return [...pieces, { text: text.slice(done), isMatch: false }];
}

/** Of a line that is redrawn, what it showed where it last matched: its other states are noise beside that. */
function matchedState(whole: string, at: readonly MatchRange[]) {
  const [start, end] = at.at(-1) ?? [];
  if (!isRedrawn(whole)) return { text: whole, from: 0, ranges: at };
  if (start === undefined || end === undefined) return { text: settledLine(whole), from: 0, ranges: [] };
  const from = whole.lastIndexOf("\r", start - 1) + 1;
  const next = whole.indexOf("\r", end);
  const text = whole.slice(from, next < 0 ? undefined : next);
  const ranges = at.flatMap(([a, b]): MatchRange[] => (a < from ? [] : [[a - from, b - from]]));
  return { text, from, ranges };
}

function bytesOf({ text, b64 = "" }: FoundLine): Buffer {
  return text === undefined ? Buffer.from(b64, "base64") : Buffer.from(text);
}

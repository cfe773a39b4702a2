import type { Response } from "express";
import type { LoopTurns } from "../host/loop-turns.ts";

/** A list as an answer: `{"NAME": [...], ...rest}`. */
export interface List {
  readonly name: string;
  /** Its elements in pieces that take about a millisecond, made on demand. */
  readonly pieces: Iterable<readonly unknown[]>;
  readonly rest?: Readonly<Record<string, unknown>>;
}

/** Elements of a piece, where each is below 10 KiB. */
const PIECE_ELEMENTS = 32;

/** Sends a list as JSON. Each step in `turns` makes one piece: megabytes at once would keep everybody else waiting. */
export async function sendList(response: Response, turns: Pick<LoopTurns, "run">, list: List): Promise<void> {
  const parts: Buffer[] = [];
  let before = `{${JSON.stringify(list.name)}:[`;
  const add = (text: string) => void parts.push(Buffer.from(text));
  const pieces = list.pieces[Symbol.iterator]();
  for (let isMore = true; isMore; ) {
    isMore = await turns.run(async () => {
      const piece = pieces.next();
      if (piece.done === true) return false;
      if (piece.value.length === 0) return true;
      add(before + JSON.stringify(piece.value).slice(1, -1));
      before = ",";
      return true;
    });
  }
  const rest = JSON.stringify(list.rest ?? {}).slice(1);
  add(`${before === "," ? "" : before}]${rest === "}" ? "" : ","}${rest}`);
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  response.type("json").set("Content-Length", String(bytes));
  for (const part of parts) response.write(part);
  response.end();
}

/** The elements in pieces of `PIECE_ELEMENTS`. */
export function* inPieces<T>(elements: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < elements.length; at += PIECE_ELEMENTS) yield elements.slice(at, at + PIECE_ELEMENTS);
}

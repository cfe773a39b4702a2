import type { RemoteLine } from "./lines.ts";

/** A whole line, or as much of one as there is. */
export interface JoinedLine {
  /** Its first piece: number, time and stream. */
  readonly first: RemoteLine;
  readonly bytes: Buffer;
}

/** A line of so many pieces is handed over in parts: its end may never come. */
const MAX_JOINED_BYTES = 1_048_576;

/** Joins the pieces of one execution's lines, stream by stream. */
export class JoinedLines {
  readonly #open = new Map<string, { readonly first: RemoteLine; readonly parts: Buffer[]; bytes: number }>();

  /** The line that this piece ends; undefined if it goes on. */
  add(piece: RemoteLine): JoinedLine | undefined {
    const open = this.#open.get(piece.stream) ?? { first: piece, parts: [], bytes: 0 };
    this.#open.set(piece.stream, open);
    open.parts.push(piece.bytes);
    open.bytes += piece.bytes.length;
    return piece.isPiece && open.bytes < MAX_JOINED_BYTES ? undefined : this.#end(piece.stream);
  }

  /** Lines that have no end. */
  rest(): JoinedLine[] {
    return [...this.#open.keys()].flatMap((stream) => this.#end(stream) ?? []);
  }

  #end(stream: string): JoinedLine | undefined {
    const open = this.#open.get(stream);
    this.#open.delete(stream);
    return open === undefined ? undefined : { first: open.first, bytes: Buffer.concat(open.parts) };
  }
}

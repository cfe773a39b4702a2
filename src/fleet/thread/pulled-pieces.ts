import type { ToThread } from "./messages.ts";

type Piece = Extract<ToThread, { t: "piece" }>;

/** Reads uploads from the main thread piece by piece, on demand: at most one piece of each upload is in memory. */
export class PulledPieces {
  readonly #pull: (id: number) => void;
  readonly #waiting = new Map<number, (piece: Piece) => void>();

  constructor(pull: (id: number) => void) {
    this.#pull = pull;
  }

  async *of(id: number): AsyncGenerator<Buffer> {
    for (;;) {
      const { bytes, failed } = await new Promise<Piece>((resolve) => {
        this.#waiting.set(id, resolve);
        this.#pull(id);
      });
      if (failed !== undefined) throw new Error(failed);
      if (bytes === undefined) return;
      yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
  }

  take(piece: Piece): void {
    const resolve = this.#waiting.get(piece.id);
    this.#waiting.delete(piece.id);
    resolve?.(piece);
  }

  /** Forgets an upload whose call has ended. */
  end(id: number): void {
    this.#waiting.delete(id);
  }
}

import type { Io } from "../command.ts";
import { Output } from "../remote/output.ts";

/** Title and prompt. */
const OTHER_ROWS = 2;
const USUAL_ROWS = 24;

/** A table on a terminal that is drawn anew over itself, as far as it has room. */
export class DrawnOver {
  readonly #io: Pick<Io, "stdout" | "hasColours">;
  #drawn = 0;

  constructor(io: Pick<Io, "stdout" | "hasColours">) {
    this.#io = io;
  }

  /** In one write. */
  async draw<Row>(all: readonly Row[], print: (output: Output, rows: readonly Row[]) => Promise<void>): Promise<void> {
    const { stdout, hasColours } = this.#io;
    const rows = all.slice(0, Math.max(1, (stdout.rows ?? USUAL_ROWS) - OTHER_ROWS));
    let text = this.#drawn === 0 ? "" : `\u001b[${this.#drawn}A\r\u001b[J`;
    const write = (part: string | Uint8Array) => {
      text += part.toString();
    };
    await print(new Output({ stdout: { write, isTTY: true, columns: stdout.columns }, hasColours }), rows);
    this.#drawn = rows.length + 1;
    stdout.write(text);
  }
}

import { EscapeParser } from "./escape-parser.ts";
import { applyOsc, applySgr, PLAIN, type Style } from "./style.ts";
import { sequenceOf } from "./style-sequence.ts";

/** The look that a stream has left on. Agrees with LineScreen but keeps no rows: for lines that are not shown. */
export class StreamLook {
  readonly #parser: EscapeParser;
  #style: Style = PLAIN;

  /** @param state The `state` of the stream so far. */
  constructor(state = "") {
    const nothing = (): void => undefined;
    this.#parser = new EscapeParser({
      print: nothing,
      control: nothing,
      csi: (final, parameters) => {
        if (final === "m") this.#style = applySgr(this.#style, parameters);
      },
      osc: (text) => {
        this.#style = applyOsc(this.#style, text);
      },
    });
    if (state !== "") this.write(state, true);
  }

  get style(): Style {
    return this.#style;
  }

  /** Whether a sequence is incomplete: then the next piece matters even if it contains no sequence. */
  get isOpen(): boolean {
    return this.#parser.pending !== "";
  }

  /**
   * Sequences that bring a terminal from its default look to this one, with the start of an unfinished one at the end.
   */
  get state(): string {
    const { pending } = this.#parser;
    return this.#style === PLAIN ? pending : sequenceOf(this.#style) + pending;
  }

  /** @param isPiece the line continues in the next call. */
  write(text: string, isPiece: boolean): void {
    this.#parser.write(text);
    if (!isPiece) this.#parser.endLine();
  }
}

import { EscapeParser } from "./escape-parser.ts";
import { applyOsc, applySgr, PLAIN, type Style } from "./style.ts";
import { sequenceOf } from "./style-sequence.ts";

/** The look that a stream has left on, as a LineScreen has it, without the rows: for lines that nobody shows. */
export class StreamLook {
  readonly #parser: EscapeParser;
  #style: Style = PLAIN;

  /** @param state of a stream up to here. */
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

  /** A sequence has begun and is not complete: the next piece counts even without one of its own. */
  get isOpen(): boolean {
    return this.#parser.pending !== "";
  }

  /** What brings a terminal in its default look to this one, with the beginning of an unfinished sequence behind it. */
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

/** Receives everything that an EscapeParser finds. */
export interface EscapeSink {
  /** Text without control characters; never empty. */
  print(text: string): void;
  /** A C0 control other than ESC, by its code. */
  control(code: number): void;
  /** A control sequence without intermediates and private markers (ECMA-48, 5.4): `parameters` as written, "1;2:3". */
  csi(final: string, parameters: string): void;
  /** An operating system command: the text between OSC and its terminator. */
  osc(text: string): void;
}

/** No real sequence is longer. Anything beyond this is text. */
const MAX_PENDING = 4096;

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the job
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;
/** Parameters, intermediates and final byte of a control sequence. */
const CSI = /([\x30-\x3f]*)([\x20-\x2f]*)([\x40-\x7e])?/y;
/** Intermediates and final byte of any other escape sequence. */
const ESCAPE = /[\x20-\x2f]*([\x30-\x7e])?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the terminators of strings
const STRING_END = /\x1b\\|\x07|\x9c/g;

const ESC = 0x1b;
const DEL = 0x7f;
/** The 8-bit form (C1) of ESC and a letter is that letter plus this. */
const C1_OFFSET = 0x40;

/**
 * Splits a stream of text into printable text, controls and sequences, as ECMA-48 and xterm define them.
 *
 * A sequence may be split anywhere between two calls. A malformed one vanishes up to the character that broke it, and a
 * string not ended in its line (OSC, DCS) is printed: nothing unknown leaves a trace or swallows text.
 */
export class EscapeParser {
  readonly #sink: EscapeSink;
  /** The start of an unfinished sequence. At most MAX_PENDING characters. */
  #pending = "";

  constructor(sink: EscapeSink) {
    this.#sink = sink;
  }

  /** The start of a sequence that is not complete yet. */
  get pending(): string {
    return this.#pending;
  }

  write(text: string): void {
    const all = this.#pending + text;
    this.#pending = "";
    let at = 0;
    while (at < all.length) {
      CONTROL.lastIndex = at;
      const found = CONTROL.exec(all);
      const end = found?.index ?? all.length;
      if (end > at) this.#sink.print(all.slice(at, end));
      if (found === null) return;
      const next = this.#control(all, end);
      if (next === undefined) {
        this.#keep(all.slice(end));
        return;
      }
      at = next;
    }
  }

  /** The line is over: an unfinished sequence does not continue on the next one. */
  endLine(): void {
    const open = this.#pending;
    this.#pending = "";
    this.#printOpenString(open);
  }

  /** @returns where to continue, or undefined if the sequence is unfinished. */
  #control(all: string, at: number): number | undefined {
    const code = all.charCodeAt(at);
    if (code === ESC) return at + 1 === all.length ? undefined : this.#escape(all, at + 1, all.charAt(at + 1));
    if (code >= DEL) return code === DEL ? at + 1 : this.#escape(all, at, String.fromCharCode(code - C1_OFFSET));
    this.#sink.control(code);
    return at + 1;
  }

  /** @param kind the letter after ESC, at `at` (or the C1 control there). */
  #escape(all: string, at: number, kind: string): number | undefined {
    if (kind === "[") return this.#controlSequence(all, at + 1);
    if (kind === "]") return this.#string(all, at + 1, (text) => this.#sink.osc(text));
    if ("PX^_".includes(kind)) return this.#string(all, at + 1, () => {});
    if (all.charCodeAt(at) >= DEL) return at + 1;
    ESCAPE.lastIndex = at;
    const match = ESCAPE.exec(all);
    const end = at + (match?.[0].length ?? 0);
    return match?.[1] === undefined && end === all.length ? undefined : end;
  }

  #controlSequence(all: string, at: number): number | undefined {
    CSI.lastIndex = at;
    const match = CSI.exec(all);
    const [whole = "", parameters = "", intermediates = "", final] = match ?? [];
    const end = at + whole.length;
    if (final === undefined) return end === all.length ? undefined : end;
    if (intermediates === "" && !/[<=>?]/.test(parameters)) this.#sink.csi(final, parameters);
    return end;
  }

  #string(all: string, at: number, give: (text: string) => void): number | undefined {
    STRING_END.lastIndex = at;
    const end = STRING_END.exec(all);
    if (end === null) return undefined;
    give(all.slice(at, end.index));
    return end.index + end[0].length;
  }

  #keep(open: string): void {
    if (open.length <= MAX_PENDING) this.#pending = open;
    else this.#printOpenString(open);
  }

  /** Prints the text of an unfinished string, without its introducer; other unfinished sequences vanish. */
  #printOpenString(open: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC and the C1 introducers
    const introducer = /^(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])/.exec(open)?.[0];
    if (introducer === undefined) return;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are removed before printing
    const text = open.slice(introducer.length).replace(/[\x00-\x1f\x7f-\x9f]/g, "");
    if (text !== "") this.#sink.print(text);
  }
}

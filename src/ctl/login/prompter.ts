import type { Io } from "../command.ts";
import { CtlError } from "../command.ts";

const INTERRUPT = "\u0003";
const END_OF_INPUT = "\u0004";
const ERASE: readonly string[] = ["\u007f", "\b"];
const MAX_CHARACTERS = 4_096;

/** Asks the person at the terminal; without one, reads the answers from stdin, a line each. */
export class Prompter {
  readonly #io: Io;
  #typed = "";

  constructor(io: Io) {
    this.#io = io;
  }

  get isTerminal(): boolean {
    return this.#io.stdin?.isTTY === true;
  }

  /** Throws a CtlError at Ctrl-C, or if nobody answers. */
  async ask(question: string, { isEcho }: { readonly isEcho: boolean }): Promise<string> {
    const { stdin, stderr } = this.#io;
    if (stdin === undefined || (stdin.readableEnded && this.#typed === ""))
      throw new CtlError("There is nobody to ask: stdin is closed");
    // First, so that nothing typed early is shown.
    stdin.setRawMode?.(true);
    stdin.setEncoding("utf8");
    try {
      if (this.isTerminal) stderr.write(question);
      return await this.#line(stdin, isEcho);
    } finally {
      stdin.setRawMode?.(false);
      stdin.pause();
      if (this.isTerminal) stderr.write("\n");
    }
  }

  #line(stdin: NonNullable<Io["stdin"]>, isEcho: boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      let line = "";
      const settle = (act: () => void): void => {
        stdin.off("data", take).off("end", end);
        act();
      };
      const end = (): void =>
        settle(() => (line === "" ? reject(new CtlError("Nobody answered: stdin has ended")) : resolve(line)));
      const take = (text: string): void => {
        this.#typed += text;
        for (let isOpen = true; isOpen && this.#typed !== ""; ) {
          const [character = ""] = this.#typed;
          this.#typed = this.#typed.slice(character.length);
          const isEnd = character === "\n" || character === "\r";
          if (isEnd) settle(() => resolve(line));
          else if (this.isTerminal && character === INTERRUPT) settle(() => reject(new CtlError("Interrupted")));
          else if (this.isTerminal && character === END_OF_INPUT) end();
          else line = this.#edited(line, character, isEcho);
          isOpen = !isEnd && !(this.isTerminal && (character === INTERRUPT || character === END_OF_INPUT));
        }
      };
      stdin.on("data", take).on("end", end);
      take("");
      stdin.resume();
    });
  }

  /** The line after one more character, which the terminal shows if it may. */
  #edited(line: string, character: string, isEcho: boolean): string {
    const shows = isEcho && this.isTerminal;
    if (this.isTerminal && ERASE.includes(character)) {
      if (shows && line !== "") this.#io.stderr.write("\b \b");
      return [...line].slice(0, -1).join("");
    }
    if (line.length >= MAX_CHARACTERS) return line;
    if (shows && character >= " ") this.#io.stderr.write(character);
    return line + character;
  }
}

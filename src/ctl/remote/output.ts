import { safeJson } from "../../host/safe-text.ts";
import type { Io } from "../command.ts";

/** What a command prints: as fast as it is taken, and with colours only where a person looks at it. */
export class Output {
  readonly isTerminal: boolean;
  readonly isColoured: boolean;
  readonly columns: number;
  readonly #stdout: Io["stdout"];
  readonly #stderr: Io["stderr"] | undefined;

  /** @param io without stderr, nothing is said beside the output */
  constructor({ stdout, stderr, hasColours }: Pick<Io, "stdout" | "hasColours"> & Partial<Pick<Io, "stderr">>) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.isTerminal = stdout.isTTY === true;
    this.isColoured = this.isTerminal && hasColours !== false;
    this.columns = stdout.columns ?? 80;
  }

  async line(text: string): Promise<void> {
    await this.write(`${text}\n`);
  }

  /** Waits while the reader is slow. */
  async write(text: string | Uint8Array): Promise<void> {
    const isFull = this.#stdout.write(text) === false;
    if (isFull) await new Promise<void>((resolve) => this.#stdout.once?.("drain", () => resolve()));
  }

  /** A sentence for the person, beside the output. False: there is no place for it. */
  say(text: string): boolean {
    this.#stderr?.write(`mlctl: ${text}\n`);
    return this.#stderr !== undefined;
  }

  /** On one line, which drives no terminal, whatever others wrote in it. */
  json(value: unknown): Promise<void> {
    return this.line(safeJson(value));
  }

  /** A text in a colour of the terminal's palette: SGR parameters. */
  painted(text: string, look: string): string {
    return this.isColoured ? `\u001b[${look}m${text}\u001b[0m` : text;
  }
}

import { isUtf8 } from "node:buffer";
import { settledLine } from "../../text/screen/settled-line.ts";
import type { Execution } from "../../wire/api.ts";
import { type JoinedLine, JoinedLines } from "../remote/joined-lines.ts";
import type { RemoteLine } from "../remote/lines.ts";
import { localTime } from "../remote/moments.ts";
import type { Output } from "../remote/output.ts";
import { decoded, shownText } from "../remote/shown-text.ts";

export const TIME_FORMS = ["utc", "local", "relative"] as const;

interface PrintedLinesOptions {
  readonly execution: Pick<Execution, "x" | "node" | "startedAt">;
  /** Only this one. */
  readonly stream: string | undefined;
  readonly form: "text" | "raw" | "json";
  readonly time: (typeof TIME_FORMS)[number] | undefined;
  /** Before each line, except as JSON. */
  readonly prefix?: () => string;
}

/** Prints lines of one execution; pieces of a line as one, except as JSON. */
export class PrintedLines {
  readonly #output: Output;
  readonly #options: PrintedLinesOptions;
  readonly #joined = new JoinedLines();

  constructor(output: Output, options: PrintedLinesOptions) {
    this.#output = output;
    this.#options = options;
  }

  async print(line: RemoteLine): Promise<void> {
    if (!this.#isWanted(line)) return;
    if (this.#options.form === "json") return this.#json(line, {});
    const whole = this.#joined.add(line);
    if (whole !== undefined) await this.#end(whole);
  }

  /** Prints a line, or a piece of one by itself, that comes after later ones, and says so. */
  async printLate(line: RemoteLine): Promise<void> {
    if (!this.#isWanted(line)) return;
    if (this.#options.form === "json") return this.#json(line, { late: true });
    await this.#end({ first: line, bytes: line.bytes }, `[late, line ${line.n}] `);
  }

  #isWanted({ stream }: RemoteLine): boolean {
    return (this.#options.stream ?? stream) === stream;
  }

  async #json({ n, time, stream, bytes, isPiece }: RemoteLine, more: { readonly late?: true }): Promise<void> {
    const { x, node } = this.#options.execution;
    const content = isUtf8(bytes) ? { text: bytes.toString() } : { b64: bytes.toString("base64") };
    await this.#output.json({ x, node, n, time, stream, ...content, fragment: isPiece, ...more });
  }

  /** Prints what has no end. */
  async finish(): Promise<void> {
    for (const line of this.#joined.rest()) await this.#end(line);
  }

  async #end({ first, bytes }: JoinedLine, note = ""): Promise<void> {
    const { form, prefix = () => "" } = this.#options;
    const head = `${prefix()}${this.#timeOf(first)}${note}`;
    // Where both streams are shown, stderr carries a colour, as in the viewer it carries a bar.
    const mark = first.stream === "stderr" && this.#output.isColoured ? this.#output.painted("│", "31") : "";
    if (form === "text") {
      const text = settledLine(decoded(bytes));
      await this.#output.line(`${head}${mark}${shownText(text, { isColoured: this.#output.isColoured })}`);
      return;
    }
    await this.#output.write(Buffer.concat([Buffer.from(head), bytes, Buffer.from("\n")]));
  }

  #timeOf({ time }: RemoteLine): string {
    const { time: form, execution } = this.#options;
    if (form === undefined) return "";
    if (form === "utc") return `${time} `;
    if (form === "local") return `${localTime(time)}.${time.slice(20, 23)} `;
    const seconds = (Date.parse(time) - Date.parse(execution.startedAt)) / 1_000;
    return `${seconds < 0 ? "-" : "+"}${Math.abs(seconds).toFixed(3)} `;
  }
}

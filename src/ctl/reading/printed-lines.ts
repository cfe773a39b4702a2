import { isUtf8 } from "node:buffer";
import type { Execution } from "../../wire/api.ts";
import type { RemoteLine } from "../remote/lines.ts";
import type { Output } from "../remote/output.ts";
import { decoded, shownText } from "../remote/shown-text.ts";

/** A line of so many pieces is printed in parts: its end may never come. */
const MAX_JOINED_BYTES = 1_048_576;

export interface PrintedLinesOptions {
  readonly execution: Pick<Execution, "x" | "node">;
  /** Only this one. */
  readonly stream: string | undefined;
  readonly form: "text" | "raw" | "json";
  readonly hasTime: boolean;
}

/** Prints lines of one execution; pieces of a line as one, except as JSON. */
export class PrintedLines {
  readonly #output: Output;
  readonly #options: PrintedLinesOptions;
  readonly #open = new Map<string, { readonly first: RemoteLine; readonly parts: Buffer[]; bytes: number }>();

  constructor(output: Output, options: PrintedLinesOptions) {
    this.#output = output;
    this.#options = options;
  }

  async print(line: RemoteLine): Promise<void> {
    const { stream, form, execution } = this.#options;
    if (stream !== undefined && stream !== line.stream) return;
    if (form === "json") {
      const { n, time, bytes, isPiece } = line;
      const content = isUtf8(bytes) ? { text: bytes.toString() } : { b64: bytes.toString("base64") };
      const { x, node } = execution;
      await this.#output.json({ x, node, n, time, stream: line.stream, ...content, fragment: isPiece });
      return;
    }
    const open = this.#open.get(line.stream) ?? { first: line, parts: [], bytes: 0 };
    this.#open.set(line.stream, open);
    open.parts.push(line.bytes);
    open.bytes += line.bytes.length;
    if (!line.isPiece || open.bytes >= MAX_JOINED_BYTES) await this.#end(line.stream);
  }

  /** Prints what has no end. */
  async finish(): Promise<void> {
    for (const stream of [...this.#open.keys()]) await this.#end(stream);
  }

  async #end(stream: string): Promise<void> {
    const open = this.#open.get(stream);
    this.#open.delete(stream);
    if (open === undefined) return;
    const bytes = Buffer.concat(open.parts);
    const time = this.#options.hasTime ? `${open.first.time} ` : "";
    // Where both streams are shown, stderr carries a colour, as in the viewer it carries a bar.
    const mark = stream === "stderr" && this.#output.isColoured ? this.#output.painted("│", "31") : "";
    if (this.#options.form === "text") {
      await this.#output.line(`${time}${mark}${shownText(decoded(bytes), { isColoured: this.#output.isColoured })}`);
      return;
    }
    await this.#output.write(Buffer.concat([Buffer.from(time), bytes, Buffer.from("\n")]));
  }
}

import { PLAIN, type Style, sameStyle } from "../../../../src/text/screen/style.ts";
import { styleAfter } from "../../text/segments.ts";
import type { LogRow } from "./log-row.ts";

const ESC = "\x1b";

/** The look that each stream of each execution has left on, where it has left any. Rows go through it in their order. */
export class StreamStyles {
  readonly #left = new Map<string, Style>();

  forget(source: number): void {
    for (const stderr of [false, true]) this.#left.delete(keyOf({ source, stderr }));
  }

  forgetAll(): void {
    this.#left.clear();
  }

  /** The row in the look that it begins with: the same object if that is its own. */
  styled(row: LogRow): LogRow {
    const style = this.#left.get(keyOf(row)) ?? PLAIN;
    if (row.text.includes(ESC)) this.#left.set(keyOf(row), styleAfter(row.text, style));
    return sameStyle(row.style, style) ? row : { ...row, style };
  }
}

function keyOf({ source, stderr }: Pick<LogRow, "source" | "stderr">): string {
  return `${source} ${stderr}`;
}

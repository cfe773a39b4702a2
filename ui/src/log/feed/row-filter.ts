import type { StreamName } from "../../../../src/wire/api.ts";
import { plainText } from "../../text/segments.ts";
import { containsText } from "../../text/text-matches.ts";
import type { LogRow } from "./log-row.ts";

/** Filters rows by stream and text. Caches its answers: each redraw asks for every row. */
export class RowFilter {
  readonly stream: StreamName | undefined;
  readonly q: string;
  readonly #known = new WeakMap<LogRow, boolean>();

  constructor(stream: StreamName | undefined, q: string) {
    this.stream = stream;
    this.q = q;
  }

  get isActive(): boolean {
    return this.stream !== undefined || this.q !== "";
  }

  accepts(row: LogRow): boolean {
    if (this.stream !== undefined && row.stderr !== (this.stream === "stderr")) return false;
    if (this.q === "") return true;
    const known = this.#known.get(row);
    if (known !== undefined) return known;
    const isMatch = containsText(plainText(row.text), this.q);
    this.#known.set(row, isMatch);
    return isMatch;
  }
}

import { parseTime } from "../../../../src/text/time/time-of.ts";
import { inside as t } from "../../texts/en/inside.ts";
import { parseLineNumber } from "../../url-state.ts";

/** Where a reader wants to go. */
export type Goto =
  | { readonly is: "line"; readonly n: number }
  | { readonly is: "time"; readonly atMs: number }
  | { readonly is: "part"; readonly part: number }
  | { readonly is: "problem"; readonly problem: string };

export interface GotoScope {
  /** The log's end, or now while it continues: `-10m` counts from here. */
  readonly endMs: number;
  /** Whether line numbers have a meaning: one execution is shown. */
  readonly hasNumbers: boolean;
}

/** Parses the text after `:`: `500000`, `50%`, `14:05`, `-10m`, `Nov 28 18:00`. */
export function parseGoto(text: string, { endMs, hasNumbers }: GotoScope): Goto {
  const typed = text.trim();
  const percent = /^(\d{1,3}(?:\.\d+)?)\s*%$/.exec(typed)?.[1];
  if (percent !== undefined) {
    const part = Number(percent) / 100;
    return part <= 1 ? { is: "part", part } : { is: "problem", problem: t.moreThanAll(typed) };
  }
  const n = parseLineNumber(typed);
  if (n !== undefined && hasNumbers) return { is: "line", n };
  if (n !== undefined) return { is: "problem", problem: t.noNumbers(t.examples) };
  const atMs = parseTime(typed, endMs);
  if (atMs !== undefined) return { is: "time", atMs };
  const first = hasNumbers ? "500000, " : "";
  return { is: "problem", problem: t.noPlace(typed, first + t.examples) };
}

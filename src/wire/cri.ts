import type { Line } from "./api.ts";
import { parseStream } from "./stream-name.ts";

/**
 * The CRI log format, as Kubernetes' container runtimes write it: `TIME SP stdout|stderr SP F|P SP text LF`.
 * Every TIME is RFC 3339 in UTC with microseconds, so the text of each line starts at the same column.
 */
export const CRI = {
  timeCharacters: 27,
  /** `2026-11-20T04:17:44.960662Z stdout F ` */
  prefixCharacters: 37,
  streamAt: 28,
  tagAt: 35,
} as const;

export type CriLine = Line & { readonly text: string };

/** Parses one CRI line, without its LF, as line `n`. Undefined if it breaks the grammar. */
export function parseCriLine(text: string, n: number): CriLine | undefined {
  const stream = parseStream(text.slice(CRI.streamAt, CRI.tagAt - 1));
  const tag = text.charAt(CRI.tagAt);
  if (stream === undefined || (tag !== "F" && tag !== "P")) return undefined;
  if (text.charAt(CRI.timeCharacters) !== " " || text.charAt(CRI.tagAt - 1) !== " ") return undefined;
  if (text.charAt(CRI.prefixCharacters - 1) !== " ") return undefined;
  const time = text.slice(0, CRI.timeCharacters);
  return { n, time, stream, text: text.slice(CRI.prefixCharacters), fragment: tag === "P" };
}

import type { LogRow } from "./log-row.ts";

/** States of a redrawn line are kept up to `most` characters, and then cut to `least`. */
const KEPT_STATES = { most: 16_384, least: 4_096 } as const;

/** The last states of a redrawn line, from a CR on, so that a bar that runs for hours stays one small row. */
export function lastStates(text: string): string {
  if (text.length <= KEPT_STATES.most) return text;
  const from = text.indexOf("\r", text.length - KEPT_STATES.least);
  return from < 0 || from === text.length - 1 ? text : text.slice(from);
}

/**
 * How many states a piece begins after `before`. A CR at the end only moves the cursor: CRLF, or a bar that ends so.
 */
export function statesBegun(before: string, piece: string): number {
  if (!piece.includes("\r") && !before.endsWith("\r")) return 0;
  const text = before.endsWith("\r") ? `\r${piece}` : piece;
  const begun = text.match(/\r+(?=[^\r])/g)?.length ?? 0;
  const isFirst = text.startsWith("\r") && !/[^\r]/.test(before);
  return isFirst && begun > 0 ? begun - 1 : begun;
}

/** All states kept of a redrawn row; it shows the last one. */
export function earlierStates({ text, screen }: LogRow): readonly string[] {
  if (screen !== undefined) return screen.printed.map((row) => row.text);
  return text.split("\r").filter((state) => state !== "");
}

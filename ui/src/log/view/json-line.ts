import type { LogRow } from "../feed/log-row.ts";

/** Longer lines stay text: rows are checked while they are drawn. */
const MAX_CHARACTERS = 65_536;

/** Whether a whole line is a JSON object. */
export function isJsonLine({ text, redraws }: LogRow): boolean {
  if (redraws > 0 || text.length > MAX_CHARACTERS || !/^\s*\{/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

import { safeText } from "../../host/safe-text.ts";
import type { Finding } from "./finding.ts";

const STATES = { ok: "ok", warning: "warning", failed: "FAILED" } as const;
const STATE_WIDTH = Math.max(...Object.values(STATES).map((state) => state.length));

/** A table for people: one check per line, and below it the next step if something is wrong. */
export function checkTable(findings: readonly Finding[]): string {
  const width = Math.max(0, ...findings.map(({ what }) => what.length));
  const indent = " ".repeat(STATE_WIDTH + 2);
  return findings
    .map(({ state, what, found, next }) => {
      const row = `${STATES[state].padEnd(STATE_WIDTH)}  ${what.padEnd(width)}  ${safeText(found)}\n`;
      return next === undefined ? row : `${row}${indent}next: ${safeText(next)}\n`;
    })
    .join("");
}

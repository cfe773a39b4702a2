import type { Issued } from "./pki-authority.ts";

const DAY_MS = 86_400_000;
const COLUMNS = ["NAME", "SERIAL", "VALID-UNTIL", "DAYS-LEFT", "REVOKED"];

/** A table for people and for awk: one certificate per line, sorted by name, then oldest first. */
export function certificateTable(certificates: readonly Issued[], nowMs: number): string {
  const sorted = certificates.toSorted((a, b) => compare(a.name, b.name) || a.validToMs - b.validToMs);
  const rows = sorted.map(({ name, serial, validToMs, isRevoked }) => [
    name,
    serial,
    new Date(validToMs).toISOString().slice(0, 10),
    String(Math.floor((validToMs - nowMs) / DAY_MS)),
    isRevoked ? "yes" : "no",
  ]);
  const widths = COLUMNS.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [COLUMNS, ...rows]
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

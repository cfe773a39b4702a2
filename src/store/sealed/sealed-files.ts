import { renameSync, rmSync, statSync } from "node:fs";

/** Files of a sealed log, which replace `<base>.log`. */
export function sealedPaths(base: string) {
  const log = `${base}.log.gz`;
  const filter = filterPathOf(log);
  return { log, filter, newLog: `${log}.new`, newFilter: `${filter}.new` };
}

/** Where the filters of a sealed log are. */
export function filterPathOf(log: string): string {
  return log.replace(/\.gz$/, ".grams");
}

/** The endings of these names, after `<base>`. */
export const SEALED_ENDINGS: readonly string[] = Object.values(sealedPaths(""));

/** Gives the new files their names. The filter first: an older one would not fit, while a missing one does no harm. */
export function placeSealed(base: string): void {
  const { log, filter, newLog, newFilter } = sealedPaths(base);
  if (statSync(newFilter, { throwIfNoEntry: false }) !== undefined) renameSync(newFilter, filter);
  renameSync(newLog, log);
}

export function removeSealed(base: string): void {
  for (const path of Object.values(sealedPaths(base))) rmSync(path, { force: true });
}

import { unwatchFile, watchFile } from "node:fs";

interface Pace {
  readonly lookEveryMs: number;
  /** Files that belong together change one after another. */
  readonly settledAfterMs: number;
}

const USUAL_PACE: Pace = { lookEveryMs: 1_000, settledAfterMs: 500 };

/**
 * Reports when one of these files was changed, created, replaced or removed: within about two seconds at the usual pace, once
 * for changes close together. It polls, because replacing files through links and mounts escapes inotify.
 *
 * @returns a function that stops watching.
 */
export function watchFiles(
  paths: readonly string[],
  onChange: () => void,
  { lookEveryMs, settledAfterMs } = USUAL_PACE,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  const changed = (now: { mtimeMs: number }, before: { mtimeMs: number }): void => {
    // First look at a missing file.
    if (now.mtimeMs === 0 && before.mtimeMs === 0) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, settledAfterMs);
  };
  for (const path of paths) watchFile(path, { interval: lookEveryMs }, changed);
  return () => {
    clearTimeout(timer);
    for (const path of paths) unwatchFile(path, changed);
  };
}

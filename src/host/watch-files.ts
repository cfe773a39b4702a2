import { unwatchFile, watchFile } from "node:fs";

const LOOK_EVERY_MS = 1_000;
/** Files that belong together change one after another. */
const SETTLED_AFTER_MS = 500;

/**
 * Reports when one of these files was changed, created, replaced or removed: within about two seconds, once for changes
 * close together. It polls, because replacing files through links and mounts escapes inotify.
 *
 * @returns a function that stops watching.
 */
export function watchFiles(paths: readonly string[], onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const changed = (now: { mtimeMs: number }, before: { mtimeMs: number }): void => {
    // First look at a missing file.
    if (now.mtimeMs === 0 && before.mtimeMs === 0) return;
    clearTimeout(timer);
    timer = setTimeout(onChange, SETTLED_AFTER_MS);
  };
  for (const path of paths) watchFile(path, { interval: LOOK_EVERY_MS }, changed);
  return () => {
    clearTimeout(timer);
    for (const path of paths) unwatchFile(path, changed);
  };
}

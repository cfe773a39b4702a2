import { existsSync, rmSync, truncateSync, unlink } from "node:fs";
import { join } from "node:path";
import { isMissing } from "../../host/is-missing.ts";
import { SEALED_ENDINGS } from "../sealed/sealed-files.ts";

/** The sidecar goes last: without it a log has no owner. */
const LOG_ENDINGS = [".log", ".late.log", ".log.new", ...SEALED_ENDINGS, ".meta.new"];
const SIDECAR_ENDING = ".meta";
/** Executions whose files are removed at a time, so that others get their turns on the disk. */
const FILES_AT_ONCE = 128;

interface Erased {
  /** Path of its files in the folder of logs, without their endings. */
  readonly base: string;
}

/** Removes the files of executions. Returns the errors of those that could not be removed. */
export async function eraseFiles<E extends Erased>(logsDir: string, going: readonly E[]): Promise<Map<E, Error>> {
  const failed = new Map<E, Error>();
  const erase = async (erased: E): Promise<void> => {
    const base = join(logsDir, erased.base);
    try {
      // Most have one log: checking for the other files is quicker than a call in another thread for each.
      await Promise.all(
        LOG_ENDINGS.map((ending) => `${base}${ending}`)
          .filter(existsSync)
          .map(removed),
      );
      await removed(`${base}${SIDECAR_ENDING}`);
    } catch (error) {
      failed.set(erased, error instanceof Error ? error : new Error(String(error)));
    }
  };
  for (let at = 0; at < going.length; at += FILES_AT_ONCE)
    await Promise.all(going.slice(at, at + FILES_AT_ONCE).map(erase));
  return failed;
}

/** Removes the files of one execution in this turn. Throws file system errors. */
export function eraseFilesNow(logsDir: string, { base }: Erased): void {
  for (const ending of [...LOG_ENDINGS, SIDECAR_ENDING]) rmSync(join(logsDir, `${base}${ending}`), { force: true });
}

/** Truncates the logs, which frees their space before they are removed. */
export function emptyLogs(logsDir: string, going: readonly Erased[]): void {
  for (const { base } of going) for (const log of [".log", ".log.gz"]) emptied(join(logsDir, `${base}${log}`));
}

/** Uses the callback form: for hundreds of thousands of files, node:fs/promises takes twice the time in user mode. */
function removed(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    unlink(path, (error) => (error === null || isMissing(error) ? resolve() : reject(error)));
  });
}

function emptied(path: string): void {
  try {
    truncateSync(path, 0);
  } catch {
    // Emptying another log may free enough.
  }
}

import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../../host/is-missing.ts";

/** A file as it was at one moment: it may have grown since, but not changed before its length. */
export interface CapturedFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly bytes: number;
  readonly mode: number;
  readonly modifiedMs: number;
}

/** A merge or a seal replaces files once; very many in a row are a fault. */
const MAX_TRIES = 20;

/**
 * Opens files that belong together, in this order, and takes their lengths: up to there they hold what a crash could
 * have left. So the caller names a sidecar last: a log may lack lines that its sidecar announces, but not hold lines
 * that it does not know. If one is removed or replaced meanwhile, as by a merge, starts over with those present then.
 * The caller closes the handles.
 *
 * @param names Below `folder`. @param relist Returns the names present now.
 */
export async function captureFiles(
  folder: string,
  names: readonly string[],
  relist: () => Promise<readonly string[]>,
): Promise<CapturedFile[]> {
  let wanted = names;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const files: CapturedFile[] = [];
    try {
      for (const name of wanted) {
        const file = await captured(folder, name);
        if (file !== undefined) files.push(file);
      }
      if (files.length === wanted.length && (await areInPlace(folder, files))) return files;
      await close(files);
    } catch (error) {
      await close(files);
      throw error;
    }
    wanted = await relist();
  }
  throw new Error(`Cannot copy ${folder}: its files are replaced all the time`);
}

async function captured(folder: string, path: string): Promise<CapturedFile | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(join(folder, path), constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const { size: bytes, mode, mtimeMs: modifiedMs } = await handle.stat();
  return { path, handle, bytes, mode: mode & 0o777, modifiedMs };
}

/** Whether each name still means the file that was opened. */
async function areInPlace(folder: string, files: readonly CapturedFile[]): Promise<boolean> {
  for (const { path, handle } of files) {
    try {
      const [now, then] = [await stat(join(folder, path)), await handle.stat()];
      if (now.ino !== then.ino) return false;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }
  return true;
}

async function close(files: readonly CapturedFile[]): Promise<void> {
  for (const { handle } of files) await handle.close();
}

import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isMissing } from "../../host/is-missing.ts";

const OTHERS_MAY_WRITE = 0o022;
const SOMEBODY_MAY_EXECUTE = 0o111;

/**
 * The reason for not executing a program of the node, in words; empty if it may run, undefined if it does not exist.
 *
 * @param configured the folder that the configuration names; programs may be in folders in it
 */
export function programFault(path: string, configured = dirname(path)): string | undefined {
  try {
    const program = statSync(path);
    if (!program.isFile()) return `${path} is no file`;
    if ((program.mode & SOMEBODY_MAY_EXECUTE) === 0) return `${path} is not executable: chmod +x`;
    return ownerFault(path) ?? folderFault(dirname(path), resolve(configured)) ?? "";
  } catch (error) {
    return isMissing(error) ? undefined : `Cannot look at ${path}: ${String(error)}`;
  }
}

/** A user with write access to a folder can replace its files. */
function folderFault(folder: string, configured: string): string | undefined {
  const fault = ownerFault(folder);
  const isLast = folder === configured || folder === dirname(folder);
  return fault !== undefined || isLast ? fault : folderFault(dirname(folder), configured);
}

/** Names what lets users other than root and this process's own write it; undefined if nothing does. */
function ownerFault(path: string): string | undefined {
  const { uid, mode } = statSync(path);
  if (uid !== 0 && uid !== process.getuid?.()) return `${path} belongs to uid ${uid}, not to root`;
  return (mode & OTHERS_MAY_WRITE) === 0 ? undefined : `others may write ${path}: chmod go-w`;
}

import { access, constants, readdir, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf, type Finding, failed, ok, warning } from "./finding.ts";

/** Most entries checked: if any cannot be written, the first ones show it. */
const MAX_ENTRIES = 1_000;
const MIB = 1_048_576;

interface FolderNeeds {
  readonly what: string;
  readonly path: string;
  /** Free disk space needed; with less there is a warning. */
  readonly freeBytes: number;
  /** The required owner, as chown(1) takes it. */
  readonly owner: string;
  /** Next step if the file system refuses with EROFS. */
  readonly whereReadOnly: string;
}

/** Whether the service can write a folder and its content. A missing one is created at the start. */
export async function checkFolder(needs: FolderNeeds): Promise<Finding> {
  const { what, path, owner } = needs;
  const fault = await faultOf(path, constants.R_OK | constants.W_OK | constants.X_OK);
  if (fault === "ENOENT") return checkMissing(needs);
  if (fault !== undefined) return cannotWrite(needs, path, fault);
  for (const name of (await readdir(path)).slice(0, MAX_ENTRIES)) {
    const entry = join(path, name);
    const entryFault = await faultOf(entry, constants.R_OK | constants.W_OK);
    // An entry removed meanwhile is no fault.
    if (entryFault === undefined || entryFault === "ENOENT") continue;
    return failed(what, `${entry} cannot be written: ${entryFault}`, `chown -R ${owner} ${path}`);
  }
  return checkSpace(needs);
}

async function checkMissing(needs: FolderNeeds): Promise<Finding> {
  const { what, path } = needs;
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    const fault = await faultOf(parent, constants.W_OK | constants.X_OK);
    if (fault === undefined) return ok(what, `${path} is made at the start`);
    if (fault !== "ENOENT") return cannotWrite(needs, parent, fault);
  }
}

/** The error code if a path cannot be accessed in this mode, or undefined. */
async function faultOf(path: string, mode: number): Promise<string | undefined> {
  return access(path, mode).then(() => undefined, codeOf);
}

function cannotWrite({ what, path, owner, whereReadOnly }: FolderNeeds, at: string, fault: string): Finding {
  const found =
    at === path ? `${path} cannot be written: ${fault}` : `${path} is missing, and ${at} cannot be written: ${fault}`;
  if (fault === "EROFS") return failed(what, `${found}, it is read-only for this service`, whereReadOnly);
  return failed(what, found, `mkdir -p ${path} && chown -R ${owner} ${path}`);
}

async function checkSpace({ what, path, freeBytes }: FolderNeeds): Promise<Finding> {
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  if (free >= freeBytes) return ok(what, `${path}, ${mebibytes(free)} free`);
  const found = `${path} has ${mebibytes(free)} free, it may need ${mebibytes(freeBytes)}`;
  return warning(what, found, "make room, or choose another folder");
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`;
}

import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

/** Stands for every user outside a user namespace, including the machine's root (user_namespaces(7)). */
const UNMAPPED_UID = 65_534;

export interface SpoolPlaces {
  /** `MLRUN_SPOOL_DIR`: a folder for this user alone. */
  readonly chosen: string | undefined;
  /** The system's sticky folder, with one folder per uid. */
  readonly system: string;
  /** The user's own state folder. */
  readonly home: string;
  readonly uid: number;
  /** A subfolder for each relay but the default one: lines of one node must not go through another's relay. */
  readonly relay: string;
}

/** The user's spool folder: the first candidate that is safe, created if missing. Undefined: there is none. */
export function openSpoolFolder(places: SpoolPlaces): string | undefined {
  const { uid, relay } = places;
  for (const folder of candidates(places)) {
    const own = join(folder, relay);
    if (isSafe(folder, uid, true) && isSafe(own, uid, true)) return own;
  }
  return undefined;
}

/** Every folder that may hold files of this user. */
export function spoolFolders(places: SpoolPlaces): string[] {
  const { uid, relay } = places;
  const safe = candidates(places).filter((folder) => isSafe(folder, uid, false));
  return safe.map((folder) => join(folder, relay)).filter((folder) => isSafe(folder, uid, false));
}

/**
 * The path and owner of this user's folder in the system's, which everybody may write to, if another user made it
 * first. It is not used; only its owner and root can remove it.
 */
export function takenFolder({ chosen, system, uid }: SpoolPlaces): { path: string; owner: number } | undefined {
  if (chosen !== undefined) return undefined;
  const path = join(system, String(uid));
  try {
    const owner = lstatSync(path, { throwIfNoEntry: false })?.uid ?? uid;
    return owner === uid ? undefined : { path, owner };
  } catch {
    return undefined;
  }
}

function candidates({ chosen, system, home, uid }: SpoolPlaces): string[] {
  if (chosen !== undefined) return [chosen];
  // Only an administrator creates the system's folder.
  return isFolder(system) ? [join(system, String(uid)), home] : [home];
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Whether no folder above belongs to another user, who could replace this path. Checked for root alone: with `sudo -E`,
 * HOME and MLRUN_ variables come from another user. An ordinary user's home may well lie in a folder of somebody else.
 */
export function isOutOfReach(path: string, uid: number): boolean {
  if (uid !== 0) return true;
  for (let above = dirname(path); above !== dirname(above); above = dirname(above)) {
    const owner = lstatSync(above, { throwIfNoEntry: false })?.uid ?? 0;
    if (owner !== 0 && owner !== UNMAPPED_UID) return false;
  }
  return true;
}

/** Whether this is a real folder, not a link, that this user owns and nobody else can write to. */
function isSafe(folder: string, uid: number, make: boolean): boolean {
  try {
    if (!isOutOfReach(folder, uid)) return false;
    if (make && !isFolder(folder)) makeFolder(folder);
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    return stat?.isDirectory() === true && stat.uid === uid && (stat.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/**
 * Creates the folder and its parents. Node's `recursive` loops forever when mkdir says ENOENT below an existing folder.
 */
function makeFolder(folder: string): void {
  const above = dirname(folder);
  if (!existsSync(above) && above !== folder) makeFolder(above);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another mlrun was faster; isSafe() checks the result.
    if (!isFolder(folder)) throw error;
  }
}

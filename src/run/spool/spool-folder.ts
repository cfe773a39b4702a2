import { existsSync, lstatSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

export interface SpoolPlaces {
  /** A folder for this user alone, given from outside. */
  readonly chosen: string | undefined;
  /** Sticky folder of the system in which each user has one by uid. */
  readonly system: string;
  /** The user's own state folder. */
  readonly home: string;
  readonly uid: number;
  /** A folder inside for each relay but the usual one: what one node's relay did not take is not for another's. */
  readonly relay: string;
}

/** The user's spool folder: the first that is there, or can be made, and is safe. Undefined: there is none. */
export function openSpoolFolder(places: SpoolPlaces): string | undefined {
  const { uid, relay } = places;
  for (const folder of candidates(places)) {
    const own = join(folder, relay);
    if (isSafe(folder, uid, true) && isSafe(own, uid, true)) return own;
  }
  return undefined;
}

/** Every folder in which something of this user may wait. */
export function spoolFolders(places: SpoolPlaces): string[] {
  const { uid, relay } = places;
  const safe = candidates(places).filter((folder) => isSafe(folder, uid, false));
  return safe.map((folder) => join(folder, relay)).filter((folder) => isSafe(folder, uid, false));
}

function candidates({ chosen, system, home, uid }: SpoolPlaces): string[] {
  if (chosen !== undefined) return [chosen];
  // The system's folder itself is the administrator's to make.
  return isFolder(system) ? [join(system, String(uid)), home] : [home];
}

function isFolder(path: string): boolean {
  try {
    return lstatSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** A real folder, not a link, of this user, in which nobody else can put or rename anything. */
function isSafe(folder: string, uid: number, make: boolean): boolean {
  try {
    if (make && !isFolder(folder)) makeFolder(folder);
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    return stat?.isDirectory() === true && stat.uid === uid && (stat.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** With those above it. Node's own `recursive` never returns where mkdir says ENOENT below a folder that is there. */
function makeFolder(folder: string): void {
  const above = dirname(folder);
  if (!existsSync(above) && above !== folder) makeFolder(above);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another mlrun was faster; whether it is a safe one is seen afterwards.
    if (!isFolder(folder)) throw error;
  }
}

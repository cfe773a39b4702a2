import { readFile, statfs } from "node:fs/promises";
import type { AnswerRow } from "../../wire/fleet/answer.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";

interface Mount {
  /** MAJOR:MINOR of the mounted device. */
  readonly device: string;
  readonly folder: string;
  readonly type: string;
  readonly source: string;
}

/** File systems on this machine without a device of /dev. Those of a network are not looked at: a dead server holds up statfs(2). */
const LOCAL_TYPES: readonly string[] = ["overlay", "zfs"];
/** A process answers statfs(2) for these and may hang. `fuseblk` is a disk's. */
const FUSE = /^fuse(?!blk)/;

/** Each local file system once, as mlagent-root sees it. */
export async function readDisks(): Promise<readonly AnswerRow[]> {
  const mounts = parseMounts(await readFile("/proc/self/mountinfo", "utf8"));
  const rows: AnswerRow[] = [];
  for (const { folder, type, source } of mounts.slice(0, FLEET_LIMITS.maxAnswerRows)) {
    rows.push({ folder: clip(folder), ...(await sizesOf(folder)), type, device: clip(source) });
  }
  return rows;
}

/** statfs(2). Null: this folder cannot be looked at. */
async function sizesOf(folder: string): Promise<AnswerRow> {
  try {
    const { blocks, bsize, bavail, files, ffree } = await statfs(folder);
    return { bytes: blocks * bsize, freeBytes: bavail * bsize, files, freeFiles: ffree };
  } catch {
    return { bytes: null, freeBytes: null, files: null, freeFiles: null };
  }
}

/** proc_pid_mountinfo(5): `36 35 98:0 /root /folder options [optional]... - type source options`. */
export function parseMounts(text: string): readonly Mount[] {
  const top = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , device, , folder] = before.split(" ");
    const [type = "", source = ""] = after.split(" ");
    // A later mount hides an earlier one on the same folder.
    if (device !== undefined && folder !== undefined)
      top.set(folder, { device, type, folder: unescaped(folder), source: unescaped(source) });
  }
  const local = [...top.values()].filter(
    ({ type, source }) => !FUSE.test(type) && (source.startsWith("/dev/") || LOCAL_TYPES.includes(type)),
  );
  const devices = new Map<string, Mount>();
  for (const mount of local) {
    const known = devices.get(mount.device);
    if (known === undefined || mount.folder.length < known.folder.length) devices.set(mount.device, mount);
  }
  return [...devices.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** Space, tab, line feed and backslash stand there in octal. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function clip(text: string): string {
  return text.slice(0, FLEET_LIMITS.maxTextCharacters);
}

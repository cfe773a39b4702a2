import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterwards } from "./cleanup.ts";

/** Folders that are not removed yet. */
const folders = new Set<string>();

/**
 * A new folder, removed afterwards. Mode 0711: tests with other users pass through it to sockets and files inside.
 * Its path is short, because a unix socket's path may have 107 octets.
 */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ml-"));
  folders.add(folder);
  afterwards(async () => {
    // A detached program that still writes makes this fail for a moment (ENOTEMPTY).
    if (folders.delete(folder)) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  await chmod(folder, 0o711);
  return folder;
}

/** Keeps the present folders for people who look for the cause of a failure. Returns their paths. */
export function keepTempFolders(): readonly string[] {
  const kept = [...folders];
  folders.clear();
  return kept;
}

import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterwards } from "./cleanup.ts";

/**
 * A new folder, removed afterwards. Mode 0711: tests with other users pass through it to sockets and files inside.
 * Its path is short, because a unix socket's path may have 107 octets.
 */
export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "ml-"));
  // What a detached program still writes makes it fail for a moment (ENOTEMPTY).
  afterwards(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  await chmod(folder, 0o711);
  return folder;
}

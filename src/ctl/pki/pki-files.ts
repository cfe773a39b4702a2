import { open, rename, rm, stat } from "node:fs/promises";

/** Writes a file that must not be there yet: fails when it is, whoever made it. */
export async function createFile(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Puts a file in the place of another in one step: a reader sees the old one or the new one, whole. Mode and owner stay
 * what an administrator made of them; `mode` is for a file that is new.
 */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const next = `${path}.new`;
  await rm(next, { force: true });
  const old = await stat(path).catch(() => undefined);
  const file = await open(next, "wx", 0o600);
  try {
    if (old !== undefined) await file.chown(old.uid, old.gid);
    await file.chmod(old === undefined ? mode : old.mode & 0o777);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}

import { open, rename, rm, stat } from "node:fs/promises";

/**
 * Puts a file in the place of another in one step: a reader sees the old one or the new one, whole. Mode and owner stay
 * what an administrator made of them; `mode` is for a file that is new.
 */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const next = `${path}.new`;
  await rm(next, { force: true });
  const old = await stat(path).catch(() => undefined);
  try {
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
  } catch (error) {
    await rm(next, { force: true }).catch(() => {});
    throw error;
  }
}

import { open, rename, rm, stat } from "node:fs/promises";

/**
 * Replaces a file in one step: a reader sees the whole old one or the whole new one. Keeps the mode and owner that an
 * administrator gave it; `mode` applies to a new file.
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

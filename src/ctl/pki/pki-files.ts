import { open } from "node:fs/promises";

/** Writes a new file; fails if it exists already. */
export async function createFile(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

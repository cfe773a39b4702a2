import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Path of an execution's log below a collector's data folder. */
export async function findLog(dataDir: string, x: string): Promise<string> {
  const names = await readdir(join(dataDir, "logs"), { recursive: true });
  const name = names.find((entry) => entry.includes(x) && entry.endsWith(".log") && !entry.endsWith(".late.log"));
  if (name === undefined) throw new Error(`There is no log of ${x} below ${dataDir}`);
  return join(dataDir, "logs", name);
}

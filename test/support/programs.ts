import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout, from test/support as well as from dist/test/support. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

/** `[command, ...args]` of a program as it is built: the files that users run. */
export function program(name: "mlrun" | "mlctl" | "mlcollector", ...args: string[]): [string, ...string[]] {
  const bin = join(ROOT, "dist/src/bin");
  if (name === "mlrun") return [join(bin, name), ...args];
  return [process.execPath, join(bin, `${name}.js`), ...args];
}

function findRoot(folder: string): string {
  return existsSync(join(folder, "package-lock.json")) ? folder : findRoot(dirname(folder));
}

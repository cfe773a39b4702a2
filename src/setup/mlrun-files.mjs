import { existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./step.mjs";

const FOLDER = join(ROOT, "dist/src/bin");

/**
 * Completes the native mlrun: names the Node that runs its script, so that no PATH decides. Without a native mlrun, the
 * script takes its name.
 */
export function finishMlrun() {
  writeFileSync(join(FOLDER, "mlrun.conf"), `node=${process.execPath}\n`);
  const native = join(FOLDER, "mlrun");
  if (existsSync(native)) return;
  rmSync(native, { force: true });
  symlinkSync("mlrun.cjs", native);
}

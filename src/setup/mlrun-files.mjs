import { existsSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./step.mjs";

const FOLDER = join(ROOT, "dist/src/bin");

/**
 * What stands beside the native mlrun: which Node runs its script, so that nobody's PATH decides. Where there is no
 * native one, the script takes its name.
 */
export function finishMlrun() {
  writeFileSync(join(FOLDER, "mlrun.conf"), `node=${process.execPath}\n`);
  const native = join(FOLDER, "mlrun");
  if (existsSync(native)) return;
  rmSync(native, { force: true });
  symlinkSync("mlrun.cjs", native);
}

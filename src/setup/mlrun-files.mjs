import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeMlrunCache } from "./mlrun-cache.mjs";
import { ROOT } from "./step.mjs";

const FOLDER = join(ROOT, "dist/src/bin");

/**
 * Completes the native mlrun: names the Node that runs its script, so that no PATH decides, and lets it compile the script.
 * Without a native mlrun, the script takes its name.
 */
export async function finishMlrun() {
  const configuration = join(FOLDER, "mlrun.conf");
  const wanted = `node=${process.execPath}\n# ${process.version}\n`;
  const isFresh = textOf(configuration) === wanted && isNewer("mlrun.cache", "mlrun.cjs") && hasLoader();
  writeFileSync(configuration, wanted);
  if (!isFresh) await makeMlrunCache();
  const native = join(FOLDER, "mlrun");
  if (existsSync(native)) return;
  rmSync(native, { force: true });
  symlinkSync("mlrun.cjs", native);
}

/** Whether the loader of the cache is there, in its current version. */
function hasLoader() {
  const name = "mlrun-cached.cjs";
  return textOf(join(FOLDER, name)) === textOf(join(ROOT, "src/bin", name));
}

function textOf(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function isNewer(name, than) {
  const [one, other] = [name, than].map(
    (file) => statSync(join(FOLDER, file), { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
  return one > other;
}

// Runs mlrun.cjs, compiled beforehand: V8 takes half as long with its own code cache. If that belongs to another Node, V8
// compiles as usual. `--make-cache` as the first argument writes it when the program ends: what has run is in it.
const { readFileSync, renameSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { Script } = require("node:vm");

const SCRIPT = join(__dirname, "mlrun.cjs");
const CACHE = join(__dirname, "mlrun.cache");
const makes = process.argv[2] === "--make-cache";
if (makes) process.argv.splice(2, 1);

// A function's body; the first line is for the shell.
const body = readFileSync(SCRIPT, "latin1").replace(/^#!.*/, "");
const script = new Script(`(function (require, module, exports) {${body}\n})`, {
  filename: SCRIPT,
  cachedData: makes ? undefined : readCache(),
});
if (makes) process.once("exit", writeCache);
script.runInThisContext()(require, module, exports);

function readCache() {
  try {
    return readFileSync(CACHE);
  } catch {
    return undefined;
  }
}

/** In one step: others may be reading it. */
function writeCache() {
  const made = `${CACHE}.${process.pid}`;
  writeFileSync(made, script.createCachedData(), { mode: 0o644 });
  renameSync(made, CACHE);
}

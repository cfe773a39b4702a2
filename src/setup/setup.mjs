// The first command after `git clone`: needs only Node, and installs everything else.
//
//     node src/setup/setup.mjs run     everything needed to run it
//     node src/setup/setup.mjs demo    and for the demo's fleet
//     node src/setup/setup.mjs test    and to test it
//
// Each step is skipped if there is nothing to do, so that a second run starts at once.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { nodeHeaders } from "./node-headers.mjs";
import { installPackages } from "./packages.mjs";
import { ROOT, runScript, SetupError, step, stepBeside } from "./step.mjs";

const NODE_FLOOR = [20, 19];

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])) return;
  throw new SetupError(`Node ${NODE_FLOOR.join(".")} or newer is needed, this is ${process.versions.node}`);
}

/**
 * Runs `npm ci`, unless node_modules came from it, from this same lock file for this Node.
 *
 * @returns {() => Promise<void>} waits for the native add-on: its compiler takes over a minute, on one core
 */
function installModules() {
  const stamp = join(ROOT, "node_modules/.marcologger-setup");
  const hash = createHash("sha256").update(readFileSync(join(ROOT, "package-lock.json")));
  // Native add-ons are built for one ABI of Node.
  const wanted = hash.update(`${process.versions.modules} ${process.arch}`).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return async () => {};
  step("installing npm packages", ["npm", "ci", "--ignore-scripts", "--loglevel=error"]);
  const compiled = stepBeside("compiling SQLite", ["npm", "rebuild", "better-sqlite3", "--loglevel=error"], {
    ...nodeHeaders(),
    JOBS: "max",
  });
  return async () => {
    await compiled();
    writeFileSync(stamp, wanted);
  };
}

await runScript(async () => {
  const purpose = process.argv[2];
  if (!["run", "demo", "test"].includes(purpose)) throw new SetupError("Usage: node src/setup/setup.mjs run|demo|test");
  checkNode();
  installPackages(purpose);
  const compiled = installModules();
  await build();
  await compiled();
});

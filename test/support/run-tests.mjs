// The whole proof: linter, then every test. The last line printed is Vitest's closing line.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

function run(name, args) {
  const { status, error } = spawnSync(`node_modules/.bin/${name}`, args, { cwd: root, stdio: "inherit" });
  if (error !== undefined) console.error(`Cannot run ${name}: ${error.message}`);
  return status ?? 1;
}

const lint = run("biome", ["check", "--error-on-warnings", "."]);
if (lint !== 0) console.error("biome found problems (above); `npm run format` mends many of them");
const tests = run("vitest", ["run", "--config", "test/vitest.config.ts", ...process.argv.slice(2)]);
process.exitCode = lint === 0 ? tests : lint;

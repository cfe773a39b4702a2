// Builds what is stale. Run by itself or as the last step of setup.mjs.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { finishMlrun } from "./mlrun-files.mjs";
import { nativeParts } from "./native.mjs";
import { ROOT, runScript, step } from "./step.mjs";

const BIN = join(ROOT, "node_modules/.bin");
const EVERYWHERE = ["package-lock.json", "tsconfig.json", "src/tsconfig.base.json"];

/** Build steps with their inputs, in this order. `makes` returns whether the result still exists. */
const PARTS = [
  {
    name: "programs",
    command: [join(BIN, "tsc"), "-b"],
    from: ["src", "test", "ui"],
    makes: "dist/src/bin/mlctl.js",
  },
  {
    name: "mlrun-script",
    command: [join(BIN, "vite"), "build", "--logLevel=warn", "--config", "src/bin/mlrun.vite.ts"],
    from: ["src/wire", "src/frame", "src/run", "src/bin"],
    makes: "dist/src/bin/mlrun.cjs",
  },
  {
    name: "mlctl-script",
    command: [join(BIN, "vite"), "build", "--logLevel=warn", "--config", "src/bin/mlctl.vite.ts"],
    from: ["src/wire", "src/text", "src/frame", "src/host", "src/orders", "src/ctl", "src/store", "src/web", "src/bin"],
    makes: "dist/src/bin/mlctl-main.mjs",
  },
  {
    name: "mlcollector-script",
    command: [join(BIN, "vite"), "build", "--logLevel=warn", "--config", "src/bin/mlcollector.vite.ts"],
    from: ["src"],
    makes: "dist/src/bin/mlcollector-main.mjs",
  },
  {
    name: "viewer",
    command: [join(BIN, "vite"), "build", "--logLevel=warn", "--config", "ui/vite.config.ts"],
    from: ["src/wire", "src/text", "ui"],
    makes: "dist/ui/index.html",
  },
];

export async function build() {
  for (const part of [...PARTS, ...nativeParts()]) {
    const stamp = join(ROOT, "dist", `.${part.name}.stamp`);
    const wanted = fingerprint([...EVERYWHERE, ...part.from]);
    const isFresh = existsSync(join(ROOT, part.makes)) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted;
    if (isFresh) continue;
    step(`building ${part.name}`, part.command);
    makeExecutable(join(ROOT, "dist/src/bin"));
    mkdirSync(join(ROOT, "dist"), { recursive: true });
    writeFileSync(stamp, wanted);
  }
  await finishMlrun();
}

/** A hash of names and contents: file times mean nothing after git. */
function fingerprint(paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of filesOf(path))
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(ROOT, file)))
        .update("\0");
  }
  return hash.digest("hex");
}

function filesOf(path) {
  if (/\.[a-z]+$/.test(path)) return [path];
  const entries = readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => file.slice(ROOT.length)).sort();
}

function makeExecutable(folder) {
  for (const name of readdirSync(folder)) {
    if (/^[a-z-]+\.c?js$/.test(name)) chmodSync(join(folder, name), 0o755);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await runScript(build);

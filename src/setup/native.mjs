// The C programs, for work that Node cannot do. One compiler call each, with glibc, and libpam for PAM.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./step.mjs";

/** Each is built from all C files of its folders. */
const PROGRAMS = [
  { name: "mlgate", folders: ["src/gate"], libraries: [] },
  { name: "mlpam", folders: ["src/auth/pam"], libraries: ["-lpam"] },
  { name: "mlrun", folders: ["src/launcher", "src/process"], libraries: [] },
  {
    name: "mlsupervise",
    folders: ["src/agent/supervise", "src/agent/files", "src/agent/services", "src/process"],
    libraries: [],
  },
];
/** Warnings are errors; what glibc and the compiler can check at run time is checked. */
const FLAGS = "-std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -D_FORTIFY_SOURCE=2 -fstack-protector-strong".split(
  " ",
);

/** The parts for build.mjs, or none without a compiler, with a message that says so. */
export function nativeParts() {
  if (spawnSync("cc", ["--version"]).status !== 0) {
    const names = PROGRAMS.map(({ name }) => name).join(", ");
    console.error(
      `setup: ${names} cannot be built: there is no C compiler. Install gcc and libc6-dev, then run this again.`,
    );
    return [];
  }
  return PROGRAMS.map(({ name, folders, libraries }) => {
    const makes = `dist/src/bin/${name}`;
    const command = ["cc", ...FLAGS, versionFlag(), "-o", makes, ...folders.flatMap(sourcesIn), ...libraries];
    return { name, command, from: folders, makes };
  });
}

function sourcesIn(folder) {
  const names = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".c"));
  return names.sort().map((name) => join(folder, name));
}

function versionFlag() {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  return `-DMARCOLOGGER_VERSION="${version}"`;
}

// The C programs, which do what Node cannot. One compiler call each, with glibc, and libpam for PAM.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./step.mjs";

/** Each program is built from all C files of its folders. */
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
/** Treats warnings as errors, and adds the run-time checks that glibc and the compiler have. */
const FLAGS = "-std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -D_FORTIFY_SOURCE=2 -fstack-protector-strong".split(
  " ",
);

/** The parts for build.mjs. None without a compiler: prints a message that says so. */
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

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { runSampleJob } from "../demo/sample-job.ts";

/** Texts that every Debian machine has, and this project's own. */
const FOLDERS = ["/usr/share/common-licenses", "/etc", process.cwd()];
const MAX_FILES = 60;
const MAX_FILE_BYTES = 262_144;

const files = new Map<string, string>();
for (const folder of FOLDERS) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (files.size >= MAX_FILES) break;
    try {
      const { size } = statSync(path);
      if (statSync(path).isFile() && size <= MAX_FILE_BYTES) files.set(path, readFileSync(path, "utf8"));
    } catch {
      // Not for this user to read: the job counts what it may.
    }
  }
}

process.exitCode = await runSampleJob({
  rank: Number(process.env["RANK"] ?? 0),
  size: Number(process.env["SIZE"] ?? 1),
  files,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  pause: (ms) => pause(ms),
});

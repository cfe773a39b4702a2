#!/usr/bin/env node
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { runSampleJob } from "../demo/sample-job.ts";

/** Texts that every Debian machine has. */
const FOLDERS = ["/usr/share/common-licenses", "/etc"];
const READABLE_FOR_ALL = 0o004;
const MAX_FILES = 60;
const MAX_FILE_BYTES = 262_144;

const files = new Map<string, string>();
for (const folder of FOLDERS) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (files.size >= MAX_FILES) break;
    try {
      const stats = statSync(path);
      const isText = stats.isFile() && stats.size <= MAX_FILE_BYTES && (stats.mode & READABLE_FOR_ALL) !== 0;
      if (isText) files.set(path, readFileSync(path, "utf8"));
    } catch {
      // A dangling link.
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

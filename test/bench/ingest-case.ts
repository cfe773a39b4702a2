import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { closeCleanupLevel, openCleanupLevel } from "../support/cleanup.ts";
import { freePort } from "../support/free-port.ts";
import { poll } from "../support/poll.ts";
import { start } from "../support/processes.ts";
import { startRsyslogd } from "../support/rsyslogd.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { anchorConfig } from "./anchors.ts";
import { cpuSeconds } from "./measure.ts";
import type { Load } from "./relp-load.ts";

export interface IngestRun {
  readonly linesPerSecond: number;
  /** Processor time of the receiver, microseconds a line. */
  readonly cpuPerLine: number;
}

const GENERATOR = fileURLToPath(new URL("relp-load.js", import.meta.url));
const COLLECTOR = fileURLToPath(new URL("../../src/bin/mlcollector.js", import.meta.url));

type Shape = Omit<Load, "port" | "for">;

/** Our receiver: stored in per-execution files, indexed, keys checked, de-duplicated; a line counts when acknowledged. */
export function ingestIntoCollector(shape: Shape): Promise<IngestRun> {
  return inCleanup(async () => {
    const data = await tempFolder();
    const args = ["--data-dir", data, "--relp", "127.0.0.1:0", "--web", "127.0.0.1:0", "--insecure"];
    const collector = start(process.execPath, [COLLECTOR, ...args]);
    const port = Number((await collector.waitFor(/listening for relays host=127.0.0.1 port=(\d+)/))[1]);
    await collector.waitFor(/listening for browsers/);
    const run = await timed({ ...shape, port, for: "collector" }, collector.pid, async () => {});
    const stored = countLines(join(data, "logs"));
    if (stored !== shape.lines) throw new Error(`The collector stored ${stored} of ${shape.lines} lines`);
    return run;
  });
}

/** What a user would run instead: imrelp to a file for each execution. It acknowledges first: a line counts when it is in its file. */
export function ingestIntoRsyslogd(shape: Shape): Promise<IngestRun> {
  return inCleanup(async () => {
    const work = await tempFolder();
    const port = await freePort();
    mkdirSync(join(work, "store"));
    const config = anchorConfig("imrelp-omfile", { work, port });
    const rsyslogd = await startRsyslogd({ folder: work, config, ports: [port] });
    const store = join(work, "store");
    const run = await timed({ ...shape, port, for: "rsyslogd" }, rsyslogd.process.pid, async (bytes) => {
      await poll("rsyslogd to have written everything", () => folderBytes(store) >= bytes, 120_000);
    });
    return run;
  });
}

async function inCleanup<T>(act: () => Promise<T>): Promise<T> {
  openCleanupLevel();
  try {
    return await act();
  } finally {
    await closeCleanupLevel();
  }
}

async function timed(load: Load, pid: number, stored: (bytes: number) => Promise<void>): Promise<IngestRun> {
  const generator = start(process.execPath, ["--max-old-space-size=4096", GENERATOR, JSON.stringify(load)]);
  await generator.waitFor(/ready (\d+)/, 120_000);
  const bytes = Number((await generator.waitFor(/ready (\d+)/))[1]);
  const cpuBefore = cpuSeconds(pid);
  const startedAt = performance.now();
  generator.stdin?.write("go\n");
  await generator.waitFor(/answered/, 300_000);
  await stored(bytes);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = cpuSeconds(pid) - cpuBefore;
  return { linesPerSecond: load.lines / seconds, cpuPerLine: (cpu / load.lines) * 1e6 };
}

function countLines(folder: string): number {
  let lines = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) lines += countLines(path);
    else if (entry.name.endsWith(".log")) for (const byte of readFileSync(path)) if (byte === 0x0a) lines += 1;
  }
  return lines;
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

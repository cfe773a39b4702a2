import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/free-port.ts";
import { poll } from "../support/poll.ts";
import { start } from "../support/processes.ts";
import { startRsyslogd } from "../support/rsyslogd.ts";
import { anchorConfig } from "./anchors.ts";
import type { Case, Cell, Figures, Metric } from "./bench.ts";
import { benchFolder } from "./bench-folder.ts";
import { cpuSeconds } from "./measure.ts";
import type { Load } from "./relp-load.ts";

const GENERATOR = fileURLToPath(new URL("relp-load.js", import.meta.url));
const COLLECTOR = fileURLToPath(new URL("../../src/bin/mlcollector.js", import.meta.url));

type Shape = Omit<Load, "port" | "for">;

/** RELP into files, ours beside imrelp and omfile. */
export function ingestCase(lines: number): Case {
  const cells: Cell[] = [];
  for (const executions of [1, 16, 1_000]) {
    for (const connections of [1, 4]) cells.push(cell({ executions, connections, linesPerFrame: 1 }, lines));
  }
  cells.push(cell({ executions: 16, connections: 1, linesPerFrame: PACKED_LINES }, lines));
  return {
    name: "ingest",
    about: `RELP load of ${lines} lines of 100 bytes, window 4,096, plain beside plain. We check keys, de-duplicate, index and store in a file for each execution before we acknowledge; rsyslogd writes the same lines to a file for each execution and acknowledges before that, so its time ends when the files are whole.`,
    besides: "rsyslogd imrelp → omfile",
    cells,
  };
}

/** What fits into a frame of mlrun. */
const PACKED_LINES = 60;

function cell(shape: Pick<Shape, "executions" | "connections" | "linesPerFrame">, lines: number): Cell {
  const wholeFrames = Math.ceil(lines / shape.linesPerFrame) * shape.linesPerFrame;
  const load = { ...shape, lines: wholeFrames, lineBytes: 100, window: 4_096 };
  const isPacked = shape.linesPerFrame > 1;
  const rate: Metric = { name: "lines/s", unit: "lines/s", judge: "ratio", goal: { atLeast: isPacked ? 6 : 2 } };
  const cpu: Metric = { name: "receiver CPU", unit: "us a line", judge: "ratio", goal: { atMost: 0.5 } };
  return {
    name: `${shape.executions} executions, ${shape.connections} connections, ${isPacked ? "packed" : "one line a frame"}`,
    metrics: [rate, cpu],
    ours: () => ingestIntoCollector(load),
    // Packing is ours: rsyslogd gets the same lines one a frame.
    beside: () => ingestIntoRsyslogd({ ...load, linesPerFrame: 1 }),
  };
}

/** Our receiver: stored in per-execution files, indexed, keys checked, de-duplicated; a line counts when acknowledged. */
async function ingestIntoCollector(shape: Shape): Promise<Figures> {
  const data = benchFolder();
  const args = ["--data-dir", data, "--relp", "127.0.0.1:0", "--web", "127.0.0.1:0", "--insecure"];
  const collector = start(process.execPath, [COLLECTOR, ...args]);
  const port = Number((await collector.waitFor(/listening for relays host=127.0.0.1 port=(\d+)/))[1]);
  await collector.waitFor(/listening for browsers/);
  const run = await timed({ ...shape, port, for: "collector" }, collector.pid, async () => {});
  const stored = countLines(join(data, "logs"));
  if (stored !== shape.lines) throw new Error(`The collector stored ${stored} of ${shape.lines} lines`);
  return run;
}

/** What a user would run instead: imrelp to a file for each execution. It acknowledges first: a line counts when it is in its file. */
async function ingestIntoRsyslogd(shape: Shape): Promise<Figures> {
  const work = benchFolder();
  const port = await freePort();
  mkdirSync(join(work, "store"));
  const config = anchorConfig("imrelp-omfile", { work, port });
  const rsyslogd = await startRsyslogd({ folder: work, config, ports: [port] });
  const store = join(work, "store");
  const run = await timed({ ...shape, port, for: "rsyslogd" }, rsyslogd.process.pid, async (bytes) => {
    await poll("rsyslogd to have written everything", () => folderBytes(store) >= bytes, 120_000);
  });
  return run;
}

async function timed(load: Load, pid: number, stored: (bytes: number) => Promise<void>): Promise<Figures> {
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
  return { "lines/s": load.lines / seconds, "receiver CPU": (cpu / load.lines) * 1e6 };
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

import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../support/free-port.ts";
import { startRsyslogd } from "../support/rsyslogd.ts";
import { anchorConfig } from "./anchors.ts";
import type { Case, Cell, Figures, Metric } from "./bench.ts";
import { benchFolder } from "./bench-folder.ts";
import { startCollector } from "./bench-site.ts";
import { type BenchTls, benchTls } from "./bench-tls.ts";
import { counted } from "./counted.ts";
import { type LoadShape, runLoad } from "./run-load.ts";
import { until } from "./until.ts";

/** RELP into files, ours beside imrelp and omfile. */
export function ingestCase(lines: number): Case {
  const cells: Cell[] = [];
  for (const executions of [1, 16, 1_000]) {
    for (const connections of [1, 4]) cells.push(cell({ executions, connections, linesPerFrame: 1 }, lines));
  }
  cells.push(cell({ executions: 16, connections: 1, linesPerFrame: PACKED_LINES }, lines));
  for (const linesPerFrame of [1, PACKED_LINES]) {
    cells.push(cell({ executions: 16, connections: 1, linesPerFrame }, lines, benchTls));
  }
  return {
    name: "ingest",
    about: `RELP load of ${lines} lines of 100 bytes, window 4,096, plain beside plain, mutual TLS beside mutual TLS. The collector checks keys, de-duplicates, indexes and stores in one file per execution before it acknowledges, BEGIN and END included. rsyslogd writes the same lines to one file per execution but acknowledges earlier, so its time ends when the files are whole.`,
    besides: "rsyslogd imrelp → omfile",
    cells,
  };
}

/** Lines that fit into a frame of mlrun. */
const PACKED_LINES = 60;

function cell(
  shape: Pick<LoadShape, "executions" | "connections" | "linesPerFrame">,
  lines: number,
  makeTls: () => Promise<BenchTls | undefined> = async () => undefined,
): Cell {
  const isPacked = shape.linesPerFrame > 1;
  const rate: Metric = { name: "lines/s", unit: "lines/s", judge: "ratio", goal: { atLeast: isPacked ? 6 : 2 } };
  const cpu: Metric = { name: "receiver CPU", unit: "us a line", judge: "ratio", goal: { atMost: 0.5 } };
  return {
    name: `${counted(shape.executions, "execution")}, ${counted(shape.connections, "connection")}, ${isPacked ? "packed" : "one line a frame"}${makeTls === benchTls ? ", TLS" : ""}`,
    metrics: [rate, cpu],
    ours: async () => ingestIntoCollector({ ...shape, lines, tls: await makeTls() }),
    // Packing is ours: rsyslogd gets the same lines one a frame.
    beside: async () => ingestIntoRsyslogd({ ...shape, lines, linesPerFrame: 1, tls: await makeTls() }),
  };
}

/** Our receiver: stored in a file for each, indexed, keys checked, de-duplicated; a line counts when acknowledged. */
async function ingestIntoCollector(shape: LoadShape): Promise<Figures> {
  const { dataDir, process, relpPort } = await startCollector({ pki: shape.tls?.pki });
  const run = await runLoad({ load: { ...shape, port: relpPort, for: "collector" }, receiverPid: process.pid });
  const stored = countLines(join(dataDir, "logs"));
  if (stored !== run.lines) throw new Error(`The collector stored ${stored} of ${run.lines} lines`);
  return { "lines/s": run.linesPerSecond, "receiver CPU": run.cpuMicrosecondsPerLine };
}

/** The alternative: imrelp to a file for each. It acknowledges first: a line counts once it is in the file. */
async function ingestIntoRsyslogd(shape: LoadShape): Promise<Figures> {
  const work = benchFolder();
  const port = await freePort();
  const store = join(work, "store");
  mkdirSync(store);
  const config = anchorConfig("imrelp-omfile", { work, port, tls: shape.tls });
  const rsyslogd = await startRsyslogd({ folder: work, config, ports: [port] });
  const run = await runLoad({
    load: { ...shape, port, for: "rsyslogd" },
    receiverPid: rsyslogd.process.pid,
    stored: (bytes) => until("rsyslogd to have written everything", () => folderBytes(store) >= bytes),
  });
  return { "lines/s": run.linesPerSecond, "receiver CPU": run.cpuMicrosecondsPerLine };
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

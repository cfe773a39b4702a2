import { fileURLToPath } from "node:url";
import { type RunningProcess, start } from "../support/processes.ts";
import type { Case, Cell, Figures, Metric } from "./bench.ts";
import { EXECUTION_ID } from "./bench-mlrun.ts";
import { startCollector } from "./bench-site.ts";
import { counted } from "./counted.ts";
import { residentMemoryMiB, threadCpuSeconds } from "./process-figures.ts";
import { resultOf, startViewers } from "./start-viewers.ts";
import type { ViewersResult } from "./viewers.ts";

const PACED_LOAD = fileURLToPath(new URL("paced-load.js", import.meta.url));
const ANCHOR = fileURLToPath(new URL("ws-anchor.js", import.meta.url));
const LINE_BYTES = 100;
const LINES_PER_SECOND = 1_000;
/** Without viewers: what the lines cost by themselves. Then with viewers: to warm up, and measured. */
const ALONE_SECONDS = 4;
const WARM_SECONDS = 2;
const MEASURED_SECONDS = 5;
/** A viewer that does not read is behind when its sockets and its backlog are full: that takes some of these. */
const BURST_LINES = 20_000;
const MOST_BURSTS = 50;
const MOST_MEASURED = 10;
/** One line in this many is measured at a viewer. */
const SAMPLE_EVERY = 7;
const KIB_PER_MIB = 1_024;

/** Viewers of one execution. */
interface Crowd {
  readonly viewers: number;
  readonly slow: number;
}

/** One line to many viewers. */
export function fanOutCase(): Case {
  return {
    name: "fan-out",
    about: `Viewers of one execution that prints ${LINES_PER_SECOND} lines a second of ${LINE_BYTES} bytes, one at a time; one viewer in ten reads 64 KiB a second and has fallen behind before the others connect. Beside it, a WebSocketServer of ws sends messages of the same size, as often, to the same clients (raw sockets in another process). "CPU for viewers" is the process's CPU with viewers minus its CPU for the same lines without: ws stores nothing. A line's age counts from printing to arrival at viewers that keep up, including any batching.`,
    besides: "ws",
    cells: [
      cell({ viewers: 1, slow: 0 }),
      cell({ viewers: 100, slow: 10 }),
      cell({ viewers: 1_000, slow: 100 }),
      slowBesideNone({ viewers: 100, slow: 10 }),
    ],
  };
}

const CPU: Metric = { name: "CPU for viewers", unit: "% of a core", judge: "ratio" };
const MEMORY: Metric = { name: "memory a viewer", unit: "KiB", judge: "value" };
const P50: Metric = { name: "p50", unit: "ms", judge: "difference" };
const P99: Metric = { name: "p99", unit: "ms", judge: "value" };
const MISSED: Metric = { name: "viewers that missed lines", unit: "of those that read well", judge: "value" };

function cell(crowd: Crowd): Cell {
  /** The collector's messages, which ws must send as well. */
  let traffic = { messagesPerLine: 1, bursts: 0 };
  const memory: Metric = crowd.viewers < 1_000 ? MEMORY : { ...MEMORY, goal: { atMost: 100 } };
  return {
    name: `${counted(crowd.viewers, "viewer")}, ${crowd.slow} of them slow`,
    metrics: [
      // What one viewer costs is less than what a process's time varies: no ratio can be made of it.
      crowd.viewers === 1 ? { ...CPU, judge: "difference" } : { ...CPU, goal: { atMost: 1.3 } },
      { name: "CPU in all", unit: "% of a core", judge: "ratio" },
      P50,
      { ...P99, goal: { atMost: 50 } },
      // The noise of one process's memory is more than one viewer's.
      ...(crowd.viewers === 1 ? [] : [memory]),
      { ...MISSED, goal: { atMost: 0 } },
      { name: "messages", unit: "a second and viewer", judge: "value" },
    ],
    async ours() {
      const figures = await throughCollector(crowd);
      const { messages = Number.NaN, bursts = 0 } = figures;
      traffic = { messagesPerLine: messages / LINES_PER_SECOND, bursts };
      return figures;
    },
    beside: () => throughWs(crowd, traffic),
  };
}

/** Shows that slow viewers do not affect the others. */
function slowBesideNone(crowd: Crowd): Cell {
  return {
    name: `${counted(crowd.viewers, "viewer")}, ${crowd.slow} of them slow, beside none slow (ours, too)`,
    metrics: [CPU, P50, { ...P99, judge: "difference" }, { ...MISSED, goal: { atMost: 0 } }],
    ours: () => throughCollector(crowd),
    beside: () => throughCollector({ ...crowd, slow: 0 }),
  };
}

async function throughCollector(crowd: Crowd): Promise<Figures> {
  const settings = "[limits]\nwebsockets-per-user = 4096\n";
  const { process: server, relpPort, webPort, metricsPort, api } = await startCollector({ settings });
  const source = start(process.execPath, [PACED_LOAD, String(relpPort), String(LINE_BYTES)]);
  const [, x = ""] = await source.waitFor(/begun (\S+)/);
  const lostLines = async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    return Number(/^ml_live_lost_lines_total (\d+)/m.exec(metrics)?.[1]);
  };
  return watch(crowd, {
    server,
    source,
    client: { port: webPort, cookie: api.cookie, x },
    areSlowBehind: async () => (await lostLines()) > 0,
  });
}

async function throughWs(crowd: Crowd, traffic: { messagesPerLine: number; bursts: number }): Promise<Figures> {
  const x = EXECUTION_ID;
  const anchor = start(process.execPath, [ANCHOR, x, String(LINE_BYTES), String(traffic.messagesPerLine)]);
  const [, port] = await anchor.waitFor(/port (\d+)/);
  const client = { port: Number(port), cookie: "none=1", x };
  return watch(crowd, {
    server: anchor,
    source: anchor,
    client,
    areSlowBehind: async (bursts) => bursts >= traffic.bursts,
  });
}

interface Stage {
  /** The process whose CPU time and memory are measured. */
  readonly server: RunningProcess;
  /** Who takes orders (`serveOrders`). */
  readonly source: RunningProcess;
  readonly client: { readonly port: number; readonly cookie: string; readonly x: string };
  readonly areSlowBehind: (bursts: number) => Promise<boolean>;
}

async function watch({ viewers, slow }: Crowd, stage: Stage): Promise<Figures> {
  const { server, source, client } = stage;
  let lastN = 0;
  const order = async (text: string, lines: number) => {
    lastN += lines;
    source.stdin?.write(`${text}\n`);
    await source.waitFor(new RegExp(`^done ${lastN}$`, "m"), 60_000);
  };
  const pace = async (seconds: number) => {
    const before = threadCpuSeconds(server.pid);
    const startedAt = performance.now();
    await order(`pace ${LINES_PER_SECOND} ${seconds * LINES_PER_SECOND}`, seconds * LINES_PER_SECOND);
    return ((threadCpuSeconds(server.pid) - before) / (performance.now() - startedAt)) * 1000 * 100;
  };
  await pace(WARM_SECONDS);
  const cpuAlone = await pace(ALONE_SECONDS);
  const memoryBefore = residentMemoryMiB(server.pid);

  const same = { ...client, lineBytes: LINE_BYTES, untilN: 0, joinN: 0, sampling: { fromN: 0, every: 1 } };
  let bursts = 0;
  if (slow > 0) {
    await startViewers({ ...same, slow, measured: 0, counting: 0 });
    for (; !(await stage.areSlowBehind(bursts)); bursts += 1) {
      if (bursts === MOST_BURSTS) throw new Error("The slow viewers were not behind");
      await order(`burst ${BURST_LINES}`, BURST_LINES);
    }
  }
  const measured = Math.min(viewers - slow, MOST_MEASURED);
  const linesToCome = (WARM_SECONDS + MEASURED_SECONDS) * LINES_PER_SECOND;
  const sampling = { fromN: lastN + WARM_SECONDS * LINES_PER_SECOND, every: SAMPLE_EVERY };
  const task = { ...same, sampling, joinN: lastN + 1, untilN: lastN + linesToCome };
  const fast = await startViewers({ ...task, slow: 0, measured, counting: viewers - slow - measured });
  await pace(WARM_SECONDS);
  const cpu = await pace(MEASURED_SECONDS);
  const result = await resultOf(fast);
  const memory = residentMemoryMiB(server.pid) - memoryBefore;
  return {
    "CPU for viewers": cpu - cpuAlone,
    "CPU in all": cpu,
    ...ages(result),
    "memory a viewer": (memory * KIB_PER_MIB) / viewers,
    messages: result.messages / (WARM_SECONDS + MEASURED_SECONDS),
    bursts,
  };
}

function ages({ p50Ms, p99Ms, incomplete, astray }: ViewersResult): Figures {
  return { p50: p50Ms, p99: p99Ms, "viewers that missed lines": incomplete + (astray > 0 ? 1 : 0) };
}

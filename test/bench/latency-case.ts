import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findLog } from "../support/find-log.ts";
import { poll } from "../support/poll.ts";
import { type RunningProcess, start } from "../support/processes.ts";
import { ROOT } from "../support/programs.ts";
import type { Relay } from "../support/relay.ts";
import { type Case, type Cell, cleanly, type Figures, type Metric } from "./bench.ts";
import { benchEnvironment, EXECUTION_ID, timedMlrun } from "./bench-mlrun.ts";
import { type BenchCollector, startBenchRelay, startCollector } from "./bench-site.ts";
import type { Latency, Sampling } from "./latency-samples.ts";
import type { SinkTask } from "./relp-sink.ts";
import { resultOf, startViewers } from "./start-viewers.ts";
import { quantile } from "./statistics.ts";
import { highestRate } from "./whole-path-case.ts";

const SINK = fileURLToPath(new URL("relp-sink.js", import.meta.url));
const PACE = join(ROOT, "test/bench/programs/pace.py");
const LINE_BYTES = 100;
const SLOW_RATE = 500;
/** Lines of the first second start caches and compilers, on both sides; the next ones are measured. */
const WARM_SECONDS = 1;
const MEASURED_SECONDS = 4;
const RATE_RUNS = 3;
/** Looked at, of all lines. */
const SAMPLES = 5_000;

const METRICS: readonly Metric[] = [
  { name: "p50", unit: "ms", judge: "difference", goal: { atMost: 1 } },
  { name: "p99", unit: "ms", judge: "difference", goal: { atMost: 5 } },
  // The viewer fetches these over the API: their age is not in the figures above.
  { name: "not sent live", unit: "% of lines", judge: "value", goal: { atMost: 0 } },
  { name: "rate", unit: "lines/s", judge: "value" },
];

/** Age of a line in a viewer's browser, beside its age on arrival at a bare receiver. */
export function latencyCase(linesForRate: number): Case {
  let halfRate = Number.NaN;
  const prepare = async () => {
    const rates: number[] = [];
    for (let i = 0; i < RATE_RUNS; i += 1) rates.push(await cleanly(() => highestRate(linesForRate)));
    halfRate = Math.floor(quantile(rates, 0.5) / 2);
  };
  return {
    name: "latency",
    about: `Age of a line of ${LINE_BYTES} bytes on arrival, by the machine's clock: the command (Python) prints the time in each line. Ours: mlrun → relay → collector, which stores it → WebSocket client; beside it, the same mlrun → the same relay → a bare RELP receiver that stores nothing. "Half of the highest rate" is half the packed rate of "whole path", the median of ${RATE_RUNS} runs beforehand.`,
    besides: "bare RELP receiver",
    cells: [
      cell(`${SLOW_RATE} lines/s`, () => SLOW_RATE),
      { ...cell("half of the highest rate", () => halfRate), prepare },
    ],
  };
}

function cell(name: string, rate: () => number): Cell {
  return { name, metrics: METRICS, ours: () => ageInViewer({ rate: rate() }), beside: () => toSink(rate()) };
}

interface Pace {
  readonly lines: number;
  readonly sampling: Sampling;
  /** Tells the command to begin. */
  run(runDir: string): RunningProcess;
}

function paceOf(rate: number): Pace {
  const lines = rate * (WARM_SECONDS + MEASURED_SECONDS);
  const every = Math.max(1, Math.floor((rate * MEASURED_SECONDS) / SAMPLES));
  const command = ["python3", PACE, String(rate), String(lines), String(LINE_BYTES)];
  return {
    lines,
    sampling: { fromN: rate * WARM_SECONDS, every },
    run(runDir) {
      const [file, ...args] = timedMlrun({ runDir, options: ["--quiet", "--id", EXECUTION_ID], command });
      return start(file, args, { env: benchEnvironment(), detached: true });
    },
  };
}

/**
 * How old a command's lines are in a viewer.
 *
 * @param options.meanwhile What goes on in the collector at the same time; returns how to end it.
 */
export async function ageInViewer(options: {
  readonly rate: number;
  /** URL of a module that the collector loads first. */
  readonly module?: string;
  /** Where it runs; a collector and a relay without TLS if that is not said. */
  readonly site?: () => Promise<{ readonly collector: BenchCollector; readonly relay: Relay }>;
  readonly meanwhile?: (collector: BenchCollector) => Promise<() => Promise<void>>;
}): Promise<Figures> {
  const { rate } = options;
  const { lines, sampling, run } = paceOf(rate);
  const { collector, relay } = await (options.site?.() ?? ownSite(options.module));
  const mlrun = run(relay.runDir);
  await poll("the execution's log", () => findLog(collector.dataDir, EXECUTION_ID).catch(() => undefined));
  const viewers = await startViewers({
    port: collector.webPort,
    cookie: collector.api.cookie,
    x: EXECUTION_ID,
    ...{ measured: 1, counting: 0, slow: 0 },
    ...{ lineBytes: LINE_BYTES, sampling, joinN: 1, untilN: lines },
  });
  const end = await options.meanwhile?.(collector);
  mlrun.stdin?.write("go\n");
  await mlrun.ended;
  await end?.();
  const { p50Ms, p99Ms, incomplete, astray } = await resultOf(viewers);
  if (incomplete > 0) throw new Error("The viewer did not get the last line");
  return { p50: p50Ms, p99: p99Ms, "not sent live": (astray / (lines - sampling.fromN)) * 100, rate };
}

async function ownSite(module?: string): Promise<{ readonly collector: BenchCollector; readonly relay: Relay }> {
  const collector = await startCollector(module === undefined ? {} : { module });
  return { collector, relay: await startBenchRelay(collector.relpPort) };
}

async function toSink(rate: number): Promise<Figures> {
  const { lines, sampling, run } = paceOf(rate);
  const task: SinkTask = { lineBytes: LINE_BYTES, sampling, untilN: lines };
  const sink = start(process.execPath, [SINK, JSON.stringify(task)]);
  const [, port] = await sink.waitFor(/port (\d+)/);
  const relay = await startBenchRelay(Number(port));
  const mlrun = run(relay.runDir);
  mlrun.stdin?.write("go\n");
  const [, result = ""] = await sink.waitFor(/complete (.*)/, 60_000);
  const { p50Ms, p99Ms, astray }: Latency = JSON.parse(result);
  if (astray > 0) throw new Error(`${astray} lines did not come, or not in order`);
  return { p50: p50Ms, p99: p99Ms };
}

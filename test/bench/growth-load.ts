import type { Cell, Figures, Metric } from "./bench.ts";
import { type BenchCollector, startCollector } from "./bench-site.ts";
import { peakMemoryMiB } from "./process-figures.ts";
import { type LoadShape, runLoad } from "./run-load.ts";

/** Rates that must not fall and memory that must stay bounded under growth. */
export const INGEST_METRICS: readonly Metric[] = [
  { name: "lines/s", unit: "lines/s", judge: "ratio", goal: { atLeast: 0.8 } },
  { name: "CPU", unit: "us a line", judge: "ratio" },
  { name: "memory", unit: "MiB, peak", judge: "value" },
];

/** Ingest with many executions, or many relays, beside the same with few. */
export function loadCell({ shape, smallest, ...named }: { name: string; shape: LoadShape; smallest: LoadShape }): Cell {
  return {
    ...named,
    metrics: [...INGEST_METRICS, { name: "BEGINs/s", unit: "BEGINs/s", judge: "value" }],
    ours: async () => ingest(await startCollector(), shape),
    beside: async () => ({ ...(await ingest(await startCollector(), smallest)), "BEGINs/s": Number.NaN }),
  };
}

/** Lines of executions that are open: beginning and ending them is not in the figures, but for `BEGINs/s`. */
export async function ingest(collector: BenchCollector, shape: LoadShape): Promise<Figures> {
  const { process, relpPort } = collector;
  const run = await runLoad({
    load: { ...shape, isOpen: true, port: relpPort, for: "collector" },
    receiverPid: process.pid,
  });
  return {
    "lines/s": run.linesPerSecond,
    CPU: run.cpuMicrosecondsPerLine,
    memory: peakMemoryMiB(process.pid),
    "BEGINs/s": run.beginsPerSecond,
  };
}

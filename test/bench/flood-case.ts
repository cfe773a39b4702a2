import { fileURLToPath } from "node:url";
import { start } from "../support/processes.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { counted } from "./counted.ts";
import { ageInViewer } from "./latency-case.ts";
import { cpuSeconds } from "./process-figures.ts";
import { WATCH, watchedTurns } from "./watched-turns.ts";

const FLOOD = fileURLToPath(new URL("flood-load.js", import.meta.url));
const QUIET_RATE = 500;
const LINE_BYTES = 100;
/** Any user of this machine other than root, who runs the benchmark. */
const FLOODER_UID = 1;
const EXECUTIONS = [1, 10_000];

/** How old one user's lines are in a viewer while another user floods from another node, beside the same without. */
export function floodCase(): Case {
  return {
    name: "flood",
    about: `Age on arrival of one user's lines (${QUIET_RATE} lines/s, mlrun → relay → collector → WebSocket client) while another user on another node sends packed frames over one relay connection as fast as they are acknowledged, in one execution or many, with the default limits; beside it, the same without the flood. Generator, relay, command and viewer share the collector's processors.`,
    besides: "no flood",
    cells: EXECUTIONS.map(cell),
  };
}

function cell(executions: number): Cell {
  return {
    name: counted(executions, "flooding execution"),
    metrics: [
      { name: "p50", unit: "ms", judge: "ratio" },
      { name: "p99", unit: "ms", judge: "ratio", goal: { atMost: 3 } },
      { name: "not sent live", unit: "% of lines", judge: "value" },
      { name: "flood", unit: "lines/s", judge: "value" },
      { name: "loop delay", unit: "ms of CPU, the longest turn", judge: "value", goal: { atMost: 20 } },
      { name: "loop delay, p99", unit: "ms by the clock", judge: "value" },
      { name: "the collector's CPU", unit: "us a line", judge: "value" },
    ],
    ours: async () => ({ ...(await turnsUnder(executions)), ...(await ageUnder(executions)) }),
    beside: async () => ({ ...(await ageInViewer({ rate: QUIET_RATE })), "not sent live": Number.NaN }),
  };
}

async function ageUnder(executions: number): Promise<Figures> {
  let flood = Number.NaN;
  const figures = await ageInViewer({
    rate: QUIET_RATE,
    meanwhile: async ({ relpPort }) => {
      const end = await startFlood(relpPort, executions);
      return async () => {
        flood = await end();
      };
    },
  });
  return { ...figures, flood };
}

/** In a run of its own: watching the turns costs processor time, and others' lines wait for it. */
async function turnsUnder(executions: number): Promise<Figures> {
  let figures: Figures = {};
  await ageInViewer({
    rate: QUIET_RATE,
    module: WATCH,
    meanwhile: async ({ relpPort, process: collector }) => {
      const end = await startFlood(relpPort, executions);
      await watchedTurns(collector);
      const [cpuBefore, beganAtMs] = [cpuSeconds(collector.pid), performance.now()];
      return async () => {
        const lines = (await end()) * ((performance.now() - beganAtMs) / 1_000);
        const cpu = ((cpuSeconds(collector.pid) - cpuBefore) / lines) * 1e6;
        const turns = await watchedTurns(collector);
        figures = { "loop delay": turns.cpu, "loop delay, p99": turns.p99, "the collector's CPU": cpu };
      };
    },
  });
  return figures;
}

/** @returns How to end it, with the lines/s that it reached. */
async function startFlood(relpPort: number, executions: number): Promise<() => Promise<number>> {
  const flooder = start(process.execPath, [FLOOD, relpPort, executions, FLOODER_UID, LINE_BYTES].map(String));
  await flooder.waitFor(/ready/, 60_000);
  flooder.stdin?.write("go\n");
  return async () => {
    flooder.stdin?.write("stop\n");
    const [, rate] = await flooder.waitFor(/rate (\S+)/);
    return Number(rate);
  };
}

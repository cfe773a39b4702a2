import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunningProcess, start } from "../support/processes.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { startBenchRelay, startCollector } from "./bench-site.ts";
import type { GateTask } from "./gate-load.ts";
import { threadCpuSeconds } from "./process-figures.ts";

const LOAD = fileURLToPath(new URL("gate-load.js", import.meta.url));
const LINE_BYTES = 100;
const LINES_PER_PACKED_FRAME = 60;
const BEGINS = 1_000;

/** Cost of the gate in front of the relay, beside the relay's own socket. */
export function gateCase(lines: number): Case {
  return {
    name: "gate",
    about: `${lines} lines of 100 bytes, prepared in memory and sent through the gate to a relay with a journal, until its T; beside it, the same bytes straight into the relay's socket, until its EOF. And ${BEGINS} connections in sequence, each with a BEGIN until its K; beside it, each with one frame straight into the relay's socket, until its EOF. Sender, gate, relay and a collector share the machine's processors.`,
    besides: "the relay's socket",
    cells: [cell("packed frames", lines, LINES_PER_PACKED_FRAME), cell("one line a frame", lines, 1), beginCell()],
  };
}

function cell(name: string, lines: number, linesPerFrame: number): Cell {
  const task = { connections: 0, lines, linesPerFrame, lineBytes: LINE_BYTES };
  const measure = async (viaGate: boolean): Promise<Figures> => {
    const { words, gateSeconds } = await measured({ ...task, viaGate });
    return { "lines/s": lines / Number(words[0]), "the gate's CPU": (gateSeconds / lines) * 1e6 };
  };
  return {
    name,
    metrics: [
      { name: "lines/s", unit: "lines/s", judge: "ratio" },
      { name: "the gate's CPU", unit: "us a line", judge: "value" },
    ],
    ours: () => measure(true),
    beside: async () => ({ ...(await measure(false)), "the gate's CPU": Number.NaN }),
  };
}

function beginCell(): Cell {
  const task = { connections: BEGINS, lines: 0, linesPerFrame: 1, lineBytes: LINE_BYTES };
  const measure = async (viaGate: boolean): Promise<Figures> => {
    const { words } = await measured({ ...task, viaGate });
    return { p50: Number(words[0]), p99: Number(words[1]) };
  };
  return {
    name: "BEGIN",
    metrics: [
      { name: "p50", unit: "ms", judge: "ratio" },
      { name: "p99", unit: "ms", judge: "ratio" },
    ],
    ours: () => measure(true),
    beside: () => measure(false),
  };
}

async function measured(task: Omit<GateTask, "socketPath">): Promise<{ words: string[]; gateSeconds: number }> {
  const collector = await startCollector();
  const relay = await startBenchRelay(collector.relpPort, { journal: true });
  const socketPath = task.viaGate ? join(relay.runDir, "mlrun.sock") : relay.linesSocket;
  const load: RunningProcess = start(process.execPath, [LOAD, JSON.stringify({ ...task, socketPath })]);
  await load.waitFor(/ready/, 60_000);
  const before = threadCpuSeconds(relay.gate.pid);
  load.stdin?.write("go\n");
  const [, , words = ""] = await load.waitFor(/(seconds|ms) (.+)\n/, 60_000);
  return { words: words.split(" "), gateSeconds: threadCpuSeconds(relay.gate.pid) - before };
}

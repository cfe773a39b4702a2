import { fileURLToPath } from "node:url";
import { start } from "../support/processes.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { counted } from "./counted.ts";
import { ageInViewer } from "./latency-case.ts";

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
    ],
    ours: () => duringFlood(executions),
    beside: async () => ({ ...(await ageInViewer({ rate: QUIET_RATE })), "not sent live": Number.NaN }),
  };
}

async function duringFlood(executions: number): Promise<Figures> {
  let flood = Number.NaN;
  const figures = await ageInViewer({
    rate: QUIET_RATE,
    meanwhile: async ({ relpPort }) => {
      const args = [FLOOD, relpPort, executions, FLOODER_UID, LINE_BYTES].map(String);
      const flooder = start(process.execPath, args);
      await flooder.waitFor(/ready/, 60_000);
      flooder.stdin?.write("go\n");
      return async () => {
        flooder.stdin?.write("stop\n");
        const [, rate] = await flooder.waitFor(/rate (\S+)/);
        flood = Number(rate);
      };
    },
  });
  return { ...figures, flood };
}

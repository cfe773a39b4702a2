import { spawn } from "node:child_process";
import { once } from "node:events";
import { program } from "../support/programs.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { benchEnvironment } from "./bench-mlrun.ts";
import { startBenchRelay, startCollector } from "./bench-site.ts";

/** Many mlruns side by side, as a job array or xargs starts them. */
export function manyCase(): Case {
  return {
    name: "many",
    about:
      "From the first start to the last exit: many mlruns, each with a command that prints one line, through a real relay to a collector; beside it, as many Node processes that do nothing.",
    besides: "as many node -e 0",
    cells: [many("500 at once", { count: 500, atOnce: 500 }), many("xargs -P16 of 60", { count: 60, atOnce: 16 })],
  };
}

function many(name: string, load: { count: number; atOnce: number }): Cell {
  return {
    name,
    metrics: [{ name: "time", unit: "s", judge: "ratio", goal: { atMost: 1.4 } }],
    async ours() {
      const collector = await startCollector();
      const { runDir } = await startBenchRelay(collector.relpPort);
      return timeOf(load, program("mlrun", "--run-dir", runDir, "--", "echo"));
    },
    beside: () => timeOf(load, [process.execPath, "-e", "0"]),
  };
}

/** A number is one more argument of each command: `node -e 0 17`. */
async function timeOf(load: { count: number; atOnce: number }, command: readonly string[]): Promise<Figures> {
  const { count, atOnce } = load;
  const words = ["-c", `seq ${count} | xargs -P ${atOnce} -n 1 "$@" >/dev/null`, "bash", ...command];
  const startedAt = performance.now();
  const child = spawn("bash", words, { env: benchEnvironment(), detached: true, stdio: "ignore" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${count} of ${command.join(" ")} ended with ${code}`);
  return { time: (performance.now() - startedAt) / 1000 };
}

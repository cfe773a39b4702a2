import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ExecutionPage } from "../../src/wire/api.ts";
import type { ApiClient } from "../support/api-client.ts";
import { poll } from "../support/poll.ts";
import { program } from "../support/programs.ts";
import type { Case, Cell } from "./bench.ts";
import { benchEnvironment } from "./bench-mlrun.ts";
import { startBenchRelay, startCollector } from "./bench-site.ts";

const PAGE = 200;
const PATIENCE_MS = 180_000;

/** Many mlruns side by side, as a job array or xargs starts them. */
export function manyCase(): Case {
  return {
    name: "many",
    about:
      "Many mlruns, each with a command that prints one line, through a real relay to a collector; beside it, as many Node processes that do nothing. Time: from the first start to the last exit. Stored: until the collector has all of each execution, with its END.",
    besides: "as many node -e 0",
    cells: [many("500 at once", { count: 500, atOnce: 500 }), many("xargs -P16 of 60", { count: 60, atOnce: 16 })],
  };
}

function many(name: string, load: { count: number; atOnce: number }): Cell {
  return {
    name,
    metrics: [
      { name: "time", unit: "s", judge: "ratio", goal: { atMost: 1.4 } },
      { name: "stored", unit: "s", judge: "value" },
    ],
    async ours() {
      const collector = await startCollector();
      const { runDir } = await startBenchRelay(collector.relpPort);
      const startedAt = performance.now();
      const time = await secondsOf(load, program("mlrun", "--run-dir", runDir, "--", "echo"));
      // What is still on its way would also slow down the other side.
      await poll("all executions", async () => (await storedCount(collector.api)) === load.count, PATIENCE_MS);
      return { time, stored: (performance.now() - startedAt) / 1000 };
    },
    beside: async () => ({ time: await secondsOf(load, [process.execPath, "-e", "0"]) }),
  };
}

async function storedCount(api: ApiClient): Promise<number> {
  let count = 0;
  let next: string | null = "";
  while (next !== null) {
    const page: ExecutionPage = await api.json(`/api/executions?limit=${PAGE}${next === "" ? "" : `&before=${next}`}`);
    count += page.executions.filter(({ delivery }) => delivery === "complete").length;
    next = page.next;
  }
  return count;
}

/** A number is one more argument of each command: `node -e 0 17`. */
async function secondsOf(load: { count: number; atOnce: number }, command: readonly string[]): Promise<number> {
  const { count, atOnce } = load;
  const words = ["-c", `seq ${count} | xargs -P ${atOnce} -n 1 "$@" >/dev/null`, "bash", ...command];
  const startedAt = performance.now();
  const child = spawn("bash", words, { env: benchEnvironment(), detached: true, stdio: "ignore" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`${count} of ${command.join(" ")} ended with ${code}`);
  return (performance.now() - startedAt) / 1000;
}

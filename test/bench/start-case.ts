import { spawn } from "node:child_process";
import { once } from "node:events";
import { program } from "../support/programs.ts";
import type { Case, Figures } from "./bench.ts";
import { benchEnvironment } from "./bench-mlrun.ts";
import { startBenchRelay, startCollector } from "./bench-site.ts";
import { quantile } from "./statistics.ts";

const RUNS = 20;

/** What mlrun adds to a command that does nothing. */
export function startCase(): Case {
  return {
    name: "start",
    about: `From spawn to exit, median of ${RUNS} runs a round: mlrun with a command that does nothing, its BEGIN and END through a real relay to a collector, beside node that does nothing: the floor of whatever is written for it.`,
    besides: "node -e 0",
    cells: [
      {
        name: "mlrun -- true",
        metrics: [{ name: "time", unit: "ms", judge: "ratio", goal: { atMost: 1.35 } }],
        async ours() {
          const collector = await startCollector();
          const { runDir } = await startBenchRelay(collector.relpPort);
          return medianTime(program("mlrun", "--run-dir", runDir, "--", "true"));
        },
        beside: () => medianTime([process.execPath, "-e", "0"]),
      },
    ],
  };
}

async function medianTime([file, ...args]: readonly [string, ...string[]]): Promise<Figures> {
  const env = benchEnvironment();
  const times: number[] = [];
  for (let i = 0; i < RUNS; i += 1) {
    const startedAt = performance.now();
    const child = spawn(file, args, { env, detached: true, stdio: "ignore" });
    const [code] = await once(child, "exit");
    times.push(performance.now() - startedAt);
    if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}`);
  }
  return { time: quantile(times, 0.5) };
}

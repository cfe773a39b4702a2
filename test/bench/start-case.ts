import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { processTree } from "../../src/run/command/processes.ts";
import { poll } from "../support/poll.ts";
import { start } from "../support/processes.ts";
import { program } from "../support/programs.ts";
import type { Case, Figures } from "./bench.ts";
import { benchFolder } from "./bench-folder.ts";
import { benchEnvironment } from "./bench-mlrun.ts";
import { startBenchRelay, startCollector } from "./bench-site.ts";
import { residentMemoryMiB } from "./process-figures.ts";
import { quantile } from "./statistics.ts";

const RUNS = 20;

/** mlrun's overhead on a command that does nothing. */
export function startCase(): Case {
  return {
    name: "start",
    about: `From spawn to exit, median of ${RUNS} runs a round: mlrun with a command that does nothing, its BEGIN and END through a real relay to a collector, without Node, and with the Node that longer commands get; beside it, a Node that does nothing, the floor for any Node program. "A command begins": from spawn to the first action of a bash, with mlrun and without; the difference is mlrun's delay. "Under env(1)" is an anchor: what one more program on the way costs on this machine. Memory: all processes of an mlrun whose command sleeps, including the sleep, with shared pages counted in each; beside it, an idle Node.`,
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
      {
        name: "mlrun -- true, with its Node",
        metrics: [{ name: "time", unit: "ms", judge: "ratio" }],
        async ours() {
          const collector = await startCollector();
          const { runDir } = await startBenchRelay(collector.relpPort);
          // A site with settings: only Node reads them.
          const config = join(benchFolder(), "mlrun.toml");
          await writeFile(config, "one-line-frames = false\n");
          return medianTime(["env", `MLRUN_CONFIG=${config}`, ...program("mlrun", "--run-dir", runDir, "--", "true")]);
        },
        beside: () => medianTime(["env", process.execPath, "-e", "0"]),
      },
      {
        name: "a command begins",
        metrics: [{ name: "after", unit: "ms", judge: "difference", goal: { atMost: 5 } }],
        async ours() {
          const collector = await startCollector();
          const { runDir } = await startBenchRelay(collector.relpPort);
          return medianBegin((command) => program("mlrun", "--run-dir", runDir, "--", ...command));
        },
        beside: () => medianBegin((command) => command),
      },
      {
        name: "a command begins under env(1)",
        metrics: [{ name: "after", unit: "ms", judge: "difference" }],
        ours: () => medianBegin((command) => ["env", ...command]),
        beside: () => medianBegin((command) => command),
      },
      {
        name: "mlrun -- sleep",
        metrics: [{ name: "memory", unit: "MiB", judge: "ratio" }],
        async ours() {
          const collector = await startCollector();
          const { runDir } = await startBenchRelay(collector.relpPort);
          // By then mlrun has started the Node that longer commands get.
          const shown = ["sh", "-c", "sleep 1; echo ready; exec sleep 60"];
          return memoryOf(program("mlrun", "--run-dir", runDir, "--", ...shown));
        },
        beside: () => memoryOf([process.execPath, "-e", "console.log('ready'); setTimeout(() => {}, 60_000)"]),
      },
    ],
  };
}

/** Milliseconds from spawn until a command has written down the time of day. */
async function medianBegin(
  around: (command: readonly [string, ...string[]]) => readonly [string, ...string[]],
): Promise<Figures> {
  const begun = join(benchFolder(), "begun");
  const [file, ...args] = around(["bash", "-c", 'printf %s "$EPOCHREALTIME" >"$0"', begun]);
  const times: number[] = [];
  for (let i = 0; i < RUNS; i += 1) {
    const startedAtMs = performance.timeOrigin + performance.now();
    const child = spawn(file, args, { env: benchEnvironment(), detached: true, stdio: "ignore" });
    await once(child, "exit");
    times.push(Number(await readFile(begun, "utf8")) * 1000 - startedAtMs);
  }
  return { after: quantile(times, 0.5) };
}

async function memoryOf([file, ...args]: readonly [string, ...string[]]): Promise<Figures> {
  const running = start(file, args, { env: benchEnvironment(), detached: true });
  await running.waitFor(/ready/);
  // Steady memory means that Node has grown to its working size.
  let [before, memory] = [0, 0];
  await poll("memory to stand still", () => {
    before = memory;
    memory = processTree(running.pid).reduce((sum, { pid }) => sum + residentMemoryMiB(pid), 0);
    return memory === before;
  });
  await running.end();
  return { memory };
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

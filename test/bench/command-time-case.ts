import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../support/processes.ts";
import { ROOT } from "../support/programs.ts";
import type { Case, Cell, Figures, Metric } from "./bench.ts";
import { benchFolder, lastingFolder } from "./bench-folder.ts";
import { benchEnvironment, timedMlrun } from "./bench-mlrun.ts";
import { startBenchRelay, startCollector } from "./bench-site.ts";
import { startSwallower } from "./swallower.ts";
import { timed } from "./timed-command.ts";

const PROGRAMS = join(ROOT, "test/bench/programs");
const FIFO_READER = fileURLToPath(new URL("fifo-reader.js", import.meta.url));

/** How much longer a command takes to print under mlrun. */
export function commandTimeCase(lines: number): Case {
  const c = { binary: "" };
  const python = { command: () => ["python3", join(PROGRAMS, "print.py")] };
  const shell = { command: () => ["sh", join(PROGRAMS, "print.sh")] };
  const compiled = { command: () => [c.binary] };
  const prepare = async () => {
    c.binary = join(lastingFolder(), "print");
    const { status, stderr } = spawnSync("cc", ["-O2", "-o", c.binary, join(PROGRAMS, "print.c")]);
    if (status !== 0) throw new Error(`cc ended with ${status}: ${stderr}`);
  };
  const hasCompiler = spawnSync("cc", ["--version"]).status === 0;
  const skip = hasCompiler ? undefined : "there is no C compiler (cc)";
  const swallowed = { under: underMlrun(lines, swallowingRunDir), beside: intoCat(lines) };
  const wholeSite = { under: underMlrun(lines, siteRunDir), beside: intoCat(lines) };
  const fifo = { under: underMlrun(lines, swallowingRunDir), beside: intoFifoReader(lines) };
  return {
    name: "command",
    about: `A command's time to print ${lines} lines of 100 bytes, by its own clock, without its start-up. Ours: under mlrun, whose sockets swallow everything; beside it, piped into cat. Both sides write to /dev/null and have the same environment (PYTHONUNBUFFERED=1, as mlrun sets it). "Whole site": relay and collector run on the same machine and share its processors.`,
    besides: "command piped into cat",
    cells: [
      cell({ name: "Python", ...python, ...swallowed, atMost: 1.15 }),
      cell({ name: "shell", ...shell, ...swallowed, atMost: 1.15 }),
      { ...cell({ name: "C", ...compiled, ...swallowed }), skip, prepare },
      { ...cell({ name: "C, beside a FIFO reader in Node", ...compiled, ...fifo }), skip, prepare },
      cell({ name: "Python, whole site", ...python, ...wholeSite }),
      cell({ name: "shell, whole site", ...shell, ...wholeSite }),
      { ...cell({ name: "C, whole site", ...compiled, ...wholeSite }), skip, prepare },
    ],
  };
}

/** Runs a command in some way; resolves with the seconds that it says it took. */
type Way = (command: readonly string[]) => Promise<number>;

interface Comparison {
  readonly name: string;
  readonly command: () => readonly string[];
  readonly under: Way;
  readonly beside: Way;
  readonly atMost?: number;
}

function cell({ name, command, under, beside, atMost }: Comparison): Cell {
  const time: Metric = { name: "time", unit: "s", judge: "ratio" };
  const figures = async (way: Way): Promise<Figures> => ({ time: await way(command()) });
  return {
    name,
    metrics: [atMost === undefined ? time : { ...time, goal: { atMost } }],
    ours: () => figures(under),
    beside: () => figures(beside),
  };
}

async function swallowingRunDir(): Promise<string> {
  return (await startSwallower()).runDir;
}

async function siteRunDir(): Promise<string> {
  const collector = await startCollector();
  return (await startBenchRelay(collector.relpPort)).runDir;
}

function underMlrun(lines: number, startRelay: () => Promise<string>): Way {
  return async (command) => {
    const runDir = await startRelay();
    return ownSeconds(lines, (args) => timedMlrun({ runDir, command: [...command, ...args] }));
  };
}

function intoCat(lines: number): Way {
  return (command) => ownSeconds(lines, (args) => timed("bash", "-c", '"$@" | cat', "bash", ...command, ...args));
}

function intoFifoReader(lines: number): Way {
  return (command) => ownSeconds(lines, (args) => [process.execPath, FIFO_READER, ...command, ...args]);
}

async function ownSeconds(
  lines: number,
  through: (args: readonly string[]) => readonly [string, ...string[]],
): Promise<number> {
  const result = join(benchFolder(), "nanoseconds");
  const [file, ...args] = through([String(lines), result]);
  const env = { ...benchEnvironment(), PYTHONUNBUFFERED: "1" };
  const { code, stderr } = await run(file, args, { env, detached: true });
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}: ${stderr}`);
  return Number(readFileSync(result, "utf8")) / 1e9;
}

import { start } from "../support/processes.ts";
import type { Case, Cell, Figures, Metric } from "./bench.ts";
import { benchEnvironment, timedMlrun } from "./bench-mlrun.ts";
import { linesFile, printWhenTold } from "./printed.ts";
import { startSwallower } from "./swallower.ts";
import { cpuOf, timed } from "./timed-command.ts";

/** The printed input. */
interface Input {
  readonly lines: number;
  readonly lineBytes: number;
}

const CPU: Metric = { name: "CPU", unit: "us a line", judge: "ratio" };

/** mlrun by itself, beside logger. */
export function mlrunCase(): Case {
  const short = { lines: 2_000_000, lineBytes: 100 };
  const long = { lines: 30_000, lineBytes: 10_000 };
  const linesPerSecond = (atLeast: number): Metric => ({
    name: "lines/s",
    unit: "lines/s",
    judge: "ratio",
    goal: { atLeast },
  });
  const bytesPerSecond: Metric = { name: "MB/s", unit: "MB/s", judge: "ratio", goal: { atLeast: 1.5 } };
  return {
    name: "mlrun",
    about:
      "mlrun --quiet into a socket that swallows everything, beside `logger --octet-count` into another: each reads the same file from cat. The clock starts when the reader is connected and cat begins, and stops when mlrun or logger has ended. CPU includes cat and all other children.",
    besides: "logger --octet-count",
    cells: [
      cell({ name: "100-byte lines, packed frames", input: short, options: [], metrics: [linesPerSecond(8), CPU] }),
      cell({
        name: "100-byte lines, --one-line-frames",
        input: short,
        options: ["--one-line-frames"],
        metrics: [linesPerSecond(3), CPU],
      }),
      cell({ name: "10 KB lines", input: long, options: [], metrics: [bytesPerSecond, CPU] }),
    ],
  };
}

function cell(how: { name: string; input: Input; options: readonly string[]; metrics: readonly Metric[] }): Cell {
  const { name, input, options, metrics } = how;
  return {
    name,
    metrics,
    ours: () => measure(input, (runDir, command) => timedMlrun({ runDir, options: ["--quiet", ...options], command })),
    beside: () =>
      measure(input, (runDir, command) => {
        // Without --size it cuts at 1 KiB.
        const logger = `logger --octet-count --size ${input.lineBytes + 100} --socket "$0/plain.sock"`;
        return timed("bash", "-c", `"$@" | ${logger}`, runDir, ...command);
      }),
  };
}

async function measure(
  input: Input,
  through: (runDir: string, command: readonly string[]) => readonly [string, ...string[]],
): Promise<Figures> {
  const { runDir, process: swallower } = await startSwallower();
  const [file, ...args] = through(runDir, printWhenTold(linesFile(input)));
  const program = start(file, args, { env: benchEnvironment(), detached: true });
  await swallower.waitFor(/connected/);
  const startedAt = performance.now();
  program.stdin?.write("go\n");
  const { code } = await program.ended;
  const seconds = (performance.now() - startedAt) / 1000;
  const [, bytes] = await swallower.waitFor(/swallowed (\d+)/);
  const printedBytes = input.lines * (input.lineBytes + 1);
  if (code !== 0 || Number(bytes) < printedBytes - input.lines) {
    throw new Error(`${file} ended with ${code}, and ${bytes} of more than ${printedBytes} bytes came`);
  }
  return {
    "lines/s": input.lines / seconds,
    "MB/s": printedBytes / seconds / 1e6,
    CPU: (cpuOf(program) / input.lines) * 1e6,
  };
}

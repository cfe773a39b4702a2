import { fork } from "node:child_process";
import { randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { closeCleanupLevel } from "../support/cleanup.ts";
import { fuzz } from "./fuzz.ts";
import { TARGETS } from "./targets.ts";

const HELP = `Usage: npm run fuzz -- [--cases N] [--seed N] [--from N] [PARSER]...

Gives each parser random and mutated input, and checks its promises: no exception, no hang, no growth, the
same result wherever a stream is split, and accepted input comes out unchanged.

  --cases N  cases for each parser (1000000); one for every hundred where a case starts processes
  --seed N   repeats a run; by default a new seed, which is printed
  --from N   the first case (0); a failure prints the command that repeats it
`;
/** A case takes milliseconds: a parser without progress for this long hangs. */
const HANGS_AFTER_MS = 60_000;

interface Plan {
  readonly names: readonly string[];
  readonly cases: number;
  readonly seed: number;
  readonly from: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: "string", default: "1000000" },
    seed: { type: "string" },
    from: { type: "string", default: "0" },
    help: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed ?? randomInt(2 ** 31));
const plan = { names: positionals, cases: Number(values.cases), seed, from: Number(values.from) };
if (values.help) process.stdout.write(`${HELP}\nParsers: ${TARGETS.map(({ name }) => name).join(", ")}\n`);
else process.exitCode = process.send === undefined ? await runAll(plan) : await runOne(plan);

/** One after the other, each in its own process: a hanging one can be ended, and its memory measured. */
async function runAll({ names, cases, seed: used, from }: Plan): Promise<number> {
  const unknown = names.filter((name) => TARGETS.every((target) => target.name !== name));
  if (unknown.length > 0) {
    process.stderr.write(`There is no parser ${unknown.join(", ")}; --help lists all\n`);
    return 2;
  }
  process.stdout.write(`seed ${used}, ${cases} cases each\n`);
  let failed = 0;
  for (const { name, casesPerCase = 1 } of TARGETS) {
    if (names.length > 0 && !names.includes(name)) continue;
    const own = Math.ceil(cases / casesPerCase);
    const args = ["--seed", String(used), "--cases", String(own), "--from", String(from), name];
    if (!(await runChild(name, args))) failed += 1;
  }
  return failed === 0 ? 0 : 1;
}

function runChild(name: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(import.meta.url), args);
    let at: unknown = "its start";
    const hangs = () => {
      process.stdout.write(`${name} hangs, in the cases after ${at}\n`);
      child.kill("SIGKILL");
    };
    let timer = setTimeout(hangs, HANGS_AFTER_MS);
    child.on("message", (done) => {
      at = done;
      clearTimeout(timer);
      timer = setTimeout(hangs, HANGS_AFTER_MS);
    });
    child.on("exit", (code) => {
      clearTimeout(timer);
      resolve(code === 0);
    });
  });
}

async function runOne({ names, ...run }: Plan): Promise<number> {
  const target = TARGETS.find(({ name }) => name === names[0]);
  if (target === undefined) return 2;
  try {
    const { seconds, grownBytes } = await fuzz(target, { ...run, onProgress: (done) => process.send?.(done) });
    const grownKib = Math.round(grownBytes / 1_024);
    process.stdout.write(
      `${target.name}: ${run.cases} cases, ${seconds.toFixed(1)} s, ${grownKib} KiB more memory in use\n`,
    );
    return 0;
  } catch (error) {
    process.stdout.write(`${error instanceof Error ? error.message : error}\n`);
    return 1;
  } finally {
    await closeCleanupLevel();
    process.disconnect?.();
  }
}

import { closeSync, openSync, readSync } from "node:fs";
import { hostname } from "node:os";
import { parseArguments, UsageError } from "../run/arguments.ts";
import { Clock } from "../run/clock.ts";
import { runExecution } from "../run/execution.ts";
import { inheritedJob, inheritedLabels } from "../run/surroundings.ts";
import { makeExecutionId } from "../wire/ids.ts";

const OWN_ERROR = 125;
const DEFAULT_RUN_DIR = "/run/marcologger";
const KEY_BYTES = 16;
const ID_BYTES = 16;

async function main(): Promise<number> {
  const { argv, env } = process;
  const asked = parseArguments(argv.slice(2));
  const [file, ...rest] = asked.argv;
  if (file === undefined) return OWN_ERROR;
  const random = randomBytes(KEY_BYTES + ID_BYTES);
  const x = asked.id ?? makeExecutionId(Date.now(), random.subarray(KEY_BYTES));
  const job = asked.job ?? inheritedJob(env) ?? x;
  return runExecution({
    argv: [file, ...rest],
    environment: { ...env, MLRUN_ID: x, MLRUN_JOB: job, PYTHONUNBUFFERED: env["PYTHONUNBUFFERED"] ?? "1" },
    x,
    key: random.subarray(0, KEY_BYTES).toString("base64url"),
    job,
    labels: { ...inheritedLabels(env), ...asked.labels },
    node: hostname(),
    pid: process.pid,
    cwd: process.cwd(),
    runDir: asked.runDir ?? env["MLRUN_RUN_DIR"] ?? DEFAULT_RUN_DIR,
    quiet: asked.quiet,
    raw: asked.raw,
    oneLineFrames: asked.oneLineFrames,
    hasTerminal: hasTerminal(),
    clock: new Clock(performance.timeOrigin, () => performance.now()),
    warn,
  });
}

/** From the kernel: node:crypto would take longer to load than everything else here. */
function randomBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const fd = openSync("/dev/urandom", "r");
  readSync(fd, bytes);
  closeSync(fd);
  return bytes;
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}

function warn(message: string): void {
  process.stderr.write(`mlrun: ${message}\n`);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    warn(error instanceof UsageError ? `${error.message}\nTry mlrun --help` : String(error));
    process.exit(OWN_ERROR);
  },
);

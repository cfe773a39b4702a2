import { chmod, copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { makeExecutionId } from "../../../src/wire/ids.ts";
import { type DumpRelay, startDumpRelay } from "../../support/dump-relay.ts";
import { cleanEnvironment } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { ROOT } from "../../support/programs.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Of an execution, as Node goes through it: `test/fixtures/programs/fails-at.cjs`. */
const STEPS = [
  "its script is read",
  "before it says that it runs",
  "after it says that it runs",
  "before it connects to the relay",
  "after it connects to the relay",
  "before BEGIN leaves",
  "after BEGIN leaves",
  "lines are numbered",
  "after lines are numbered",
  "before lines leave",
  "after lines leave",
  "before END leaves",
  "after END leaves",
  "after it has sent all to the relay",
  "before it says that all is handed over",
] as const;
type Step = (typeof STEPS)[number];
/** Between these it has said that lines are in frames, and nobody else has them. */
const MAY_LOSE: readonly Step[] = ["after lines are numbered", "before lines leave"];
/** More than the launcher hands over without Node. */
const SCRIPT = "seq 3000; echo err >&2; exit 3";
const STDOUT = `${Array.from({ length: 3000 }, (_, at) => at + 1).join("\n")}\n`;
/** More runs at once would only wait for processors. */
const AT_ONCE = 6;

let relay: DumpRelay;
beforeAll(async () => {
  relay = await startDumpRelay();
});

/** mlrun in a folder of its own, whose Node meets a fault at a step. */
async function mlrunWithFault(step: Step, fault: string): Promise<string> {
  const folder = await tempFolder();
  for (const name of ["mlrun", "mlrun.cjs"]) await copyFile(join(ROOT, "dist/src/bin", name), join(folder, name));
  await copyFile(join(ROOT, "test/fixtures/programs/fails-at.cjs"), join(folder, "fails-at.cjs"));
  await writeFile(join(folder, "fault"), `${step}: ${fault}`);
  await writeFile(join(folder, "mlrun.conf"), `node=${join(folder, "node")}\n`);
  await writeFile(join(folder, "node"), `#!/bin/sh\nexec ${process.execPath} -r ${folder}/fails-at.cjs "$@"\n`);
  await chmod(join(folder, "node"), 0o755);
  return folder;
}

/** What came of one run: what mlrun showed, and how many of the lines are where. */
interface Fate {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly hasHappened: boolean;
  /** As printed, or a hole that END names. */
  readonly logged: "all" | "all but a hole" | "wrong";
}

async function fateOf(folder: string, what: string): Promise<Fate> {
  const x = makeExecutionId(Date.now(), crypto.getRandomValues(new Uint8Array(16)));
  const env = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, MLRUN_SPOOL_DIR: join(folder, "spool") });
  const { code, stdout, stderr } = await run(join(folder, "mlrun"), ["--id", x, "--", "sh", "-c", SCRIPT], {
    env,
    detached: true,
  });
  const { code: hasHappened } = await run("test", ["-e", join(folder, "happened")]);
  // What a killed Node left goes out with the user's next mlrun: the whole one.
  await run(join(ROOT, "dist/src/bin/mlrun"), ["--flush"], { env, detached: true });
  const logged = await poll(`END of ${what}`, () => howLogged(x));
  const commands = stderr.split("\n").filter((line) => !line.startsWith("mlrun: "));
  return { code, stdout, stderr: commands.join("\n"), hasHappened: hasHappened === 0, logged };
}

async function howLogged(x: string): Promise<Fate["logged"] | undefined> {
  const frames = (await relay.frames()).filter((frame) => frame.x === x);
  const last = frames.find(({ type }) => type === "end");
  if (last === undefined) return undefined;
  const numbers = new Set(frames.flatMap(({ n, count }) => Array.from({ length: count }, (_, at) => n + at)));
  if (numbers.size < last.n) return "all but a hole";
  const { stdout, stderr } = await relay.execution(x);
  return stdout.toString() === STDOUT && stderr.toString() === "err\n" ? "all" : "wrong";
}

/** Each step with a Node that is killed, with one that hangs, and with one of the rest. */
const REST = ["SIGABRT", "exit", "removed"] as const;
const FAULTS: Readonly<Record<string, (at: number) => string>> = {
  "is killed": () => "SIGKILL",
  "is stopped": () => "SIGSTOP",
  "aborts, ends, or loses its files": (at) => REST[at % REST.length] ?? "exit",
};

test.for(Object.entries(FAULTS))(
  "a Node that %s, at each step of an execution: shown as without mlrun, and logged but for holes that END names",
  { timeout: 120_000 },
  async ([, faultAt]) => {
    const fates: Record<string, Fate> = {};
    // All before the first run: a process that starts meanwhile would hold the program's file open for writing.
    const folders = await Promise.all(STEPS.map((step, at) => mlrunWithFault(step, faultAt(at))));
    const waiting = [...STEPS.entries()];
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [at, step] = next;
        fates[step] = await fateOf(folders[at] ?? "", step);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const shown = { code: 3, stdout: STDOUT, stderr: "err\n", hasHappened: true };
    for (const step of STEPS) {
      const logged = MAY_LOSE.includes(step) ? /^all( but a hole)?$/ : /^all$/;
      expect(fates[step], step).toEqual({ ...shown, logged: expect.stringMatching(logged) });
    }
  },
);

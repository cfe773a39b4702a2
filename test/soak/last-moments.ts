import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { cleanEnvironment, startMlrun } from "../support/mlrun.ts";
import { poll } from "../support/poll.ts";
import { compileLibrary } from "../support/preload.ts";
import { start } from "../support/processes.ts";
import { waitingReplays } from "../support/replay.ts";
import { type Relay, Site } from "../support/site.ts";
import { judgeMany } from "./many-executions.ts";
import type { Scenario, Size, Verdict } from "./scenario.ts";

const JOB = "moments";
const NODE = "node1";
/** mlruns at a time. */
const TOGETHER = 4;
/** Delay of each journal write: a frame then takes as long as the shortest command. */
const WRITE_US = "5000";
/** After the first command has printed its last line, its relay ends within this time. */
const WITHIN_MS = 100;
const REPLAY_WITHIN_MS = 120_000;

type Ending = "relay killed" | "relay stopped" | "gate killed";

/** Two processors that are never idle. */
async function busyProcessors(): Promise<void> {
  for (let i = 0; i < 2; i += 1) start("nice", ["-n", "5", "sh", "-c", "while :; do :; done"]);
}

async function endAndStart(site: Site, relay: Relay, how: Ending): Promise<Relay> {
  if (how === "gate killed") {
    await relay.gate.end("SIGKILL");
    return site.restartGate(relay);
  }
  await (how === "relay killed" ? relay.rsyslogd.kill() : relay.rsyslogd.stop());
  return site.restartRelay(relay.node);
}

/** A program that ends loses its memory: nothing in it may have been confirmed. */
async function run(options: {
  readonly how: Ending;
  readonly isDropIn: boolean;
  readonly size: Size;
  readonly say: (words: string) => void;
}): Promise<Verdict> {
  const { how, isDropIn, size, say } = options;
  const site = await Site.create();
  const library = await compileLibrary("slow_disk", site.folder);
  const disk = [`LD_PRELOAD=${library}`, `SLOW_BELOW=${join(site.folder, `${NODE}-state`)}/`, `SLOW_US=${WRITE_US}`];
  let relay = await site.startRelay(NODE, { isDropIn, through: ["env", ...disk] });
  const api = await site.api();
  await busyProcessors();
  const executions = size.injections * TOGETHER;
  const command = ["--job", JOB, "--one-line-frames", "--", "seq", String(Math.round(size.lines / executions))];
  const env = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, MLRUN_SPOOL_DIR: join(site.folder, `${NODE}-spool`) });
  const problems: string[] = [];
  for (let i = 0; i < size.injections; i += 1) {
    const mlruns = Array.from({ length: TOGETHER }, () => startMlrun(command, { env }));
    await Promise.race(mlruns.map((mlrun) => mlrun.waitFor(new RegExp(`^${command.at(-1)}$`, "m"))));
    await delay(Math.random() * WITHIN_MS);
    relay = await endAndStart(site, relay, how);
    for (const mlrun of mlruns) {
      const { code } = await mlrun.ended;
      if (code !== 0) problems.push(`ending ${i + 1}: mlrun ended with ${code}: ${mlrun.stderr()}`);
    }
    say(`${i + 1} of ${size.injections} endings`);
  }
  await site.flushSpool(relay, REPLAY_WITHIN_MS);
  const isSent = async () => (await waitingReplays(relay.stateDir)).length === 0;
  await poll("every journal of an earlier start to be sent", isSent, REPLAY_WITHIN_MS);
  return judgeMany({ site, api, job: JOB, executions, size, problems });
}

const scenario = (how: Ending, isDropIn: boolean): Scenario => ({
  name: `last moments: ${how}${isDropIn ? ", as a drop-in" : ""}, its disk slow, processors busy`,
  short: { lines: 320, injections: 2, holdMs: 0 },
  long: { lines: 32_000, injections: 200, holdMs: 0 },
  run: (size, say = () => {}) => run({ how, isDropIn, size, say }),
});

/** Relay or gate end in the last moments of short executions. */
export const lastMoments: readonly Scenario[] = [
  scenario("relay killed", false),
  scenario("relay stopped", false),
  scenario("gate killed", false),
  scenario("relay killed", true),
  scenario("relay stopped", true),
];

import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AgentSite } from "../support/agent-site.ts";
import { poll } from "../support/poll.ts";
import { compileLibrary } from "../support/preload.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { callsIn, FINAL, type Moment } from "./kill-moments.ts";
import type { Scenario, Verdict } from "./scenario.ts";
import { verdictOf } from "./scenario.ts";

/** What decides: the order's folder, the claim, the command's process, the exit; and in that process, the order's file. */
const DECISIVE: readonly Moment[] = [
  { program: "node", at: "rename.1", when: "before" },
  { program: "node", at: "rename.1", when: "after" },
  { program: "mlsupervise", at: "linkat.1", when: "before" },
  { program: "mlsupervise", at: "linkat.1", when: "after" },
  { program: "mlsupervise", at: "fork.1", when: "after" },
  { program: "mlsupervise", at: "linkat.2", when: "before" },
  { program: "mlsupervise", at: "renameat.1", when: "before" },
  { program: "mlsupervise", at: "renameat.1", when: "after" },
];

/** Sites at a time: each is a node's agent, which starts anew after its kill. */
const AT_A_TIME = 4;

const FILE = "whole\n";

/** A run during which one process is killed at one of its steps; the order is sent again as the collector does it. */
async function runKilledAt(
  moment: Moment,
  library: string,
): Promise<{ executed: number; state: string; calls: string[]; put: string[]; isListed: boolean }> {
  const site = await AgentSite.create();
  const log = join(site.folder, "calls");
  const { program } = moment;
  const env = {
    LD_PRELOAD: library,
    KILL_PROGRAM: program,
    KILL_AT: moment.at,
    KILL_WHEN: moment.when,
    KILL_LOG: log,
  };
  await site.start({ env });
  const put = join(site.folder, "put");
  mkdirSync(put);
  // The command counts only where it sees its file.
  const [path, counting] = [join(put, "file"), site.counting("runs")];
  const files = [site.file(path, FILE, { overwrite: true })];
  const order = site.run(`grep -qx whole ${path} || exit 3; ${counting}`, { files });
  const isFinal = () => FINAL.some((state) => site.statesOf(order).some((told) => told.startsWith(state)));
  if (program === "node") {
    await Promise.race([poll("the end", isFinal), site.root?.ended]);
    await site.root?.end("SIGKILL");
    await site.start();
    site.send(site.key.message(order));
  } else {
    // Before its claim it is started anew, and killed again, until its parent is another one.
    const [name = "", number = ""] = moment.at.split(".");
    const isKilled = () => callsIn(log).filter((call) => call === name).length >= Number(number);
    await poll("the end or the kill", () => isFinal() || isKilled());
    await site.root?.end("SIGKILL");
    await site.start();
    site.send(site.key.message(order));
  }
  const { state, text } = await site.until(order, ...FINAL);
  await site.root?.end("SIGKILL");
  const names = readdirSync(put).map((name) => (name === "file" ? readFileSync(path, "utf8") : name));
  return { executed: site.count("runs"), state, calls: callsIn(log), put: names, isListed: text.includes(path) };
}

/** Every step that a program makes from its start to the end of one run, killed before and after it. */
async function stepsOf(program: Moment["program"], library: string): Promise<Moment[]> {
  const { calls } = await runKilledAt({ program, at: "none.1", when: "before" }, library);
  const counts = new Map<string, number>();
  return calls.flatMap((call): Moment[] => {
    counts.set(call, (counts.get(call) ?? 0) + 1);
    const at = `${call}.${counts.get(call)}`;
    return [
      { program, at, when: "before" },
      { program, at, when: "after" },
    ];
  });
}

async function killEverywhere(kills: number, say: (words: string) => void): Promise<Verdict> {
  const library = await compileLibrary("kill-at", await tempFolder());
  const moments = [...DECISIVE];
  const every =
    kills <= moments.length ? [] : [...(await stepsOf("mlsupervise", library)), ...(await stepsOf("node", library))];
  while (moments.length < kills) moments.push(...every);
  const problems: string[] = [];
  let [executed, done] = [0, 0];
  const waiting = [...moments];
  const work = async (): Promise<void> => {
    for (let moment = waiting.shift(); moment !== undefined; moment = waiting.shift()) {
      const result = await runKilledAt(moment, library).catch((error: unknown) => {
        throw new Error(`${moment.program} killed ${moment.when} ${moment.at}: ${error}`);
      });
      executed += result.executed;
      done += 1;
      const what = `${moment.program} killed ${moment.when} ${moment.at}: ${result.state}, executed ${result.executed} times`;
      if (result.executed > 1) problems.push(what);
      // Only a supervisor that died after its claim may leave a run that nobody knows about.
      const isUnknown = result.state === "unknown";
      if (isUnknown && moment.program === "node") problems.push(what);
      if (isUnknown && result.isListed !== result.put.includes(FILE)) problems.push(`${what}, in place: ${result.put}`);
      // Its process died before it became the command.
      const isFirst = moment.at.startsWith("renameat.");
      const expected = result.state === "refused" || isFirst ? 0 : 1;
      if (!isUnknown && result.executed !== expected) problems.push(what);
      // Of its file there is all or nothing.
      if (!isUnknown && result.put.some((one) => one !== FILE)) problems.push(`${what}, left ${result.put}`);
      if (result.executed === 1 && !result.put.includes(FILE)) problems.push(`${what}, without its file`);
      say(`${done} of ${moments.length} kills, ${executed} executed`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return verdictOf({ injections: done, lines: executed, problems });
}

/** Every step of mlagent-root and mlsupervise that changes the disk or makes a process, killed before and after it. */
export const fleetKills: Scenario = {
  name: "a node's agent killed at each of its steps",
  short: { lines: 3, injections: DECISIVE.length, holdMs: 0 },
  long: { lines: 200, injections: 300, holdMs: 0 },
  run: ({ injections }, say = () => {}) => killEverywhere(injections, say),
};

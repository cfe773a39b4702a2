import { rmSync } from "node:fs";
import { join } from "node:path";
import { AgentSite } from "../support/agent-site.ts";
import { type BootedSystemd, bootSystemd } from "../support/booted-systemd.ts";
import { poll } from "../support/poll.ts";
import { compileLibrary } from "../support/preload.ts";
import { run } from "../support/processes.ts";
import { callsIn, FINAL, type Moment } from "./kill-moments.ts";
import { type Scenario, Unavailable, type Verdict, verdictOf } from "./scenario.ts";

const DECISIVE: readonly Moment[] = [
  { program: "node", at: "rename.1", when: "after" },
  { program: "mlsupervise", at: "linkat.1", when: "before" },
  { program: "mlsupervise", at: "linkat.1", when: "after" },
];

/** Every call of these programs during one run that changes the disk. */
const STEPS: Readonly<Record<Moment["program"], readonly string[]>> = {
  node: [
    "fsync.1",
    "link.1",
    "unlink.1",
    "mkdir.1",
    "mkdir.2",
    "fsync.2",
    "fsync.3",
    "rename.1",
    "fsync.4",
    "rename.2",
  ],
  mlsupervise: ["posix_fallocate.1", "fsync.1", "fsync.2", "linkat.1", "fsync.3", "unlinkat.1", "ftruncate.1"],
};

/** A node whose agent starts commands as units of a systemd that is process 1. */
class UnitSite {
  readonly agent: AgentSite;
  readonly #systemd: BootedSystemd;
  readonly #library: string;
  #runs = 0;

  private constructor(parts: { agent: AgentSite; systemd: BootedSystemd; library: string }) {
    ({ agent: this.agent } = parts);
    [this.#systemd, this.#library] = [parts.systemd, parts.library];
  }

  static async create(): Promise<UnitSite | string> {
    const agent = await AgentSite.create();
    const systemd = await bootSystemd(agent.folder);
    if (typeof systemd === "string") return systemd;
    return new UnitSite({ agent, systemd, library: await compileLibrary("kill-at", agent.folder) });
  }

  /** One run, during which a program is killed at one of its steps; the order is sent again as the collector does it. */
  async runKilledAt(moment: Moment): Promise<{ readonly executed: number; readonly state: string }> {
    const { agent } = this;
    // A moment may come twice.
    this.#runs += 1;
    const name = `run-${this.#runs}`;
    const log = join(agent.folder, "calls");
    rmSync(log, { force: true });
    const env = {
      LD_PRELOAD: this.#library,
      KILL_PROGRAM: moment.program,
      KILL_AT: moment.at,
      KILL_WHEN: moment.when,
      KILL_LOG: log,
    };
    const isOfNode = moment.program === "node";
    if (!isOfNode) await this.#setForUnits(env);
    await agent.start({ through: this.#systemd.inside, env: isOfNode ? env : {} });
    const order = agent.run(agent.counting(name));
    const isFinal = () => FINAL.some((state) => agent.statesOf(order).some((told) => told.startsWith(state)));
    const [call = "", number = ""] = moment.at.split(".");
    const isKilled = () => callsIn(log).filter((each) => each === call).length >= Number(number);
    if (isOfNode) await Promise.race([poll("the end", isFinal), agent.root?.ended]);
    else await poll("the end or the kill", () => isFinal() || isKilled());
    await this.#setForUnits(undefined);
    await agent.kill();
    await agent.start({ through: this.#systemd.inside });
    agent.send(agent.key.message(order));
    const { state } = await agent.until(order, ...FINAL);
    await agent.kill();
    return { executed: agent.count(name), state };
  }

  /** Variables of every unit that systemd starts from now on. */
  async #setForUnits(env: Readonly<Record<string, string>> | undefined): Promise<void> {
    const names = ["LD_PRELOAD", "KILL_PROGRAM", "KILL_AT", "KILL_WHEN", "KILL_LOG"];
    const words =
      env === undefined
        ? ["unset-environment", ...names]
        : ["set-environment", ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
    const [program = "", ...args] = [...this.#systemd.inside, "systemctl", ...words];
    const { code, stderr } = await run(program, args);
    if (code !== 0) throw new Error(`systemctl ${words.join(" ")} ended with ${code}: ${stderr}`);
  }
}

async function killEverywhere(kills: number, say: (words: string) => void): Promise<Verdict> {
  const moments = [...DECISIVE];
  for (const program of ["node", "mlsupervise"] as const)
    for (const at of STEPS[program])
      for (const when of ["before", "after"] as const) moments.push({ program, at, when });
  const site = await UnitSite.create();
  if (typeof site === "string") throw new Unavailable(site);
  const problems: string[] = [];
  let [executed, done] = [0, 0];
  for (const moment of moments.slice(0, kills)) {
    const result = await site.runKilledAt(moment);
    executed += result.executed;
    done += 1;
    const what = `${moment.program} killed ${moment.when} ${moment.at}: ${result.state}, executed ${result.executed} times`;
    // Only where the claim's own process died after it, may a run that never began have failed.
    const isRight = result.executed === 1 || (moment.program === "mlsupervise" && result.state !== "finished");
    if (result.executed > 1 || !isRight) problems.push(what);
    say(`${done} of ${Math.min(kills, moments.length)} kills, ${executed} executed`);
  }
  return verdictOf({ injections: done, lines: executed, problems });
}

/** The same where each run is a unit of systemd. */
export const fleetUnitKills: Scenario = {
  name: "a node's agent under systemd killed at each of its steps",
  needsRoot: true,
  short: { lines: 2, injections: DECISIVE.length, holdMs: 0 },
  long: { lines: 20, injections: 37, holdMs: 0 },
  run: ({ injections }, say = () => {}) => killEverywhere(injections, say),
};

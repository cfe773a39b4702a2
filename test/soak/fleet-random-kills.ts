import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseFleetView } from "../../src/wire/fleet/node-view.ts";
import { parseRunView, type RunView } from "../../src/wire/fleet/run-view.ts";
import { brokerPid } from "../support/broker-pid.ts";
import { startLink, startRoot } from "../support/fleet-agents.ts";
import { runOrder } from "../support/fleet-keys.ts";
import { FleetSite } from "../support/fleet-site.ts";
import { poll } from "../support/poll.ts";
import type { RunningProcess } from "../support/processes.ts";
import type { Scenario, Verdict } from "./scenario.ts";
import { verdictOf } from "./scenario.ts";

/** A kill comes at any moment of a run's way: through collector, broker, both halves of the agent, its command, and back. */
const WITHIN_MS = 450;
/** An order that was on its way is sent again after 5 s, and each of its steps may be hit; a collector that starts has 30 s. */
const PATIENCE_MS = 120_000;

type Victim = "collector" | "broker" | "mlagent" | "mlagent-root" | "mlsupervise";
const VICTIMS: readonly Victim[] = ["collector", "broker", "mlagent", "mlagent-root", "mlsupervise"];
const ORDERS_A_KILL = 2;

/** The halves of a node's agent that run now. */
interface Halves {
  readonly config: string;
  root: RunningProcess;
  link: RunningProcess;
}

/** What became of each order, by its run: what the collector says, and how often each node executed it. */
class Orders {
  readonly #fleet: FleetSite;
  readonly #counts: string;
  readonly #sent: string[] = [];

  constructor(fleet: FleetSite) {
    this.#fleet = fleet;
    this.#counts = join(fleet.site.folder, "counts");
    mkdirSync(this.#counts);
  }

  /** Sends one to both nodes. The same one again while nobody answers: the collector may have been killed before or after it had stored it. */
  async send(id: string): Promise<void> {
    const { key, agents } = this.#fleet;
    // A file for each execution: both nodes' commands run as the same user.
    const script = `echo x >> "${this.#counts}/$MLRUN_ID"; sleep 0.2`;
    const order = runOrder({
      fleet: id,
      user: userInfo().username,
      nodes: agents.map(({ node }) => node),
      argv: ["sh", "-c", script],
    });
    const body = JSON.stringify(key.signed(order));
    this.#sent.push(order.run);
    const answers: string[] = [];
    const isStored = async (): Promise<boolean> => {
      const answer = await this.#request("/runs", { method: "POST", body });
      answers.push(answer === undefined ? "none" : `${answer.status} ${await answer.text()}`);
      return answer?.ok === true;
    };
    await poll("the order to be stored", isStored, PATIENCE_MS).catch((error: unknown) => {
      throw new Error(`${String(error)}; answers: ${[...new Set(answers)].join(", ")}`);
    });
  }

  /** Waits until all are final, and names what is wrong. @param lost folders of runs whose supervisor was killed */
  async judge(lost: ReadonlySet<string>): Promise<{ executed: number; problems: string[] }> {
    const problems: string[] = [];
    let executed = 0;
    for (const run of this.#sent) {
      const view = await poll(
        `the end of ${run}`,
        async () => {
          const now = await this.#view(run);
          return now?.isDone === true ? now : undefined;
        },
        PATIENCE_MS,
      );
      for (const { node, x, state, why } of view.nodes) {
        const path = join(this.#counts, x);
        const times = existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
        executed += times;
        const isLost = lost.has(
          join(this.#fleet.site.folder, `${node}-agent/state/runs/${userInfo().username}.${run}`),
        );
        // Only where the supervisor itself was killed may the end be unknown, and the command not have begun.
        const isRight = state === "finished" ? times === 1 : isLost && state === "unknown" && times <= 1;
        if (!isRight) problems.push(`${run} on ${node}: ${state}(${why}), executed ${times} times`);
      }
    }
    return { executed, problems };
  }

  async fleetId(): Promise<string> {
    const view = parseFleetView(await (await this.#request("/fleet"))?.json());
    if (view === undefined) throw new Error("The collector does not show its fleet");
    return view.id;
  }

  async #view(run: string): Promise<RunView | undefined> {
    const answer = await this.#request(`/runs/${run}`);
    return answer?.ok === true ? parseRunView(await answer.json()) : undefined;
  }

  async #request(path: string, init: RequestInit = {}): Promise<Response | undefined> {
    const { token } = JSON.parse(readFileSync(this.#fleet.mlctl.loginFile, "utf8")) as { token: string };
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    return fetch(`${this.#fleet.site.origin}/api${path}`, { ...init, headers }).catch(() => undefined);
  }
}

/** Kills a supervisor that runs now. Undefined: there is none yet. */
function killSupervisor(site: string): string | undefined {
  const found = readdirSync("/proc").flatMap((pid) => {
    const [program = "", action, ...words] = wordsOf(pid);
    const folder = words.find((word) => word.startsWith(site));
    return program.endsWith("/mlsupervise") && action === "run" && folder !== undefined ? [{ pid, folder }] : [];
  });
  // Until it becomes mlrun, its child looks like it: killed, that one is a command that a signal has ended.
  const pids = new Set(found.map(({ pid }) => pid));
  const supervisors = found.filter(({ pid }) => !pids.has(parentOf(pid)));
  const victim = supervisors[Math.floor(Math.random() * supervisors.length)];
  if (victim === undefined) return undefined;
  try {
    process.kill(Number(victim.pid), "SIGKILL");
  } catch {
    // It has just ended.
  }
  return victim.folder;
}

/** proc(5). Empty: it has ended. */
function parentOf(pid: string): string {
  try {
    return /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}

function wordsOf(pid: string): readonly string[] {
  try {
    return /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0") : [];
  } catch {
    return [];
  }
}

/** Kills one of them with SIGKILL, and starts it again as its unit or its parent does. */
async function kill(
  victim: Victim,
  { site }: FleetSite,
  { agents, lost }: { agents: Halves[]; lost: Set<string> },
): Promise<void> {
  if (victim === "mlsupervise") {
    lost.add(await poll("a supervisor to kill", () => killSupervisor(site.folder)));
    return;
  }
  if (victim === "collector") return void (await site.restartCollector("SIGKILL"));
  if (victim === "broker") {
    const pid = await poll("a broker to kill", () => brokerPid(site.collector.pid));
    process.kill(pid, "SIGKILL");
    return;
  }
  const agent = agents[Math.floor(Math.random() * agents.length)];
  if (agent === undefined) throw new Error("There is no agent to kill");
  const half = victim === "mlagent" ? "link" : "root";
  await agent[half].end("SIGKILL");
  agent[half] = await (half === "link" ? startLink : startRoot)(agent.config);
}

async function killAtRandom(kills: number, say: (words: string) => void): Promise<Verdict> {
  const fleet = await FleetSite.create();
  const orders = new Orders(fleet);
  const id = await orders.fleetId();
  const agents = fleet.agents.map(({ config, root, link }) => ({ config, root, link }));
  const lost = new Set<string>();
  const soon = () => delay(Math.random() * WITHIN_MS);
  for (let i = 0; i < kills; i += 1) {
    const victim = VICTIMS[i % VICTIMS.length] ?? "collector";
    const send = async (): Promise<void> => soon().then(() => orders.send(id));
    const all = Array.from({ length: ORDERS_A_KILL }, send);
    await Promise.all([...all, soon().then(() => kill(victim, fleet, { agents, lost }))]);
    say(`${i + 1} of ${kills} kills`);
  }
  const { executed, problems } = await orders.judge(lost);
  return verdictOf({ injections: kills, lines: executed, problems });
}

/** All processes between a user and a command, killed at any moment: every run is executed once, and its end is known unless its supervisor died. */
export const fleetRandomKills: Scenario = {
  name: "collector, broker, both halves of agents and supervisors killed at random",
  short: { lines: 18, injections: VICTIMS.length, holdMs: 0 },
  // 1,200 executions, without those of the 60 supervisors, whose commands may not have begun.
  long: { lines: 1_140, injections: 300, holdMs: 0 },
  run: ({ injections }, say = () => {}) => killAtRandom(injections, say),
};

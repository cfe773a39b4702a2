import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { executionOf } from "../../src/orders/execution-of.ts";
import { parseDryRun } from "../../src/wire/fleet/dry-run.ts";
import type { OrderOf } from "../../src/wire/fleet/order.ts";
import { brokerPid } from "../support/broker-pid.ts";
import { runOrder } from "../support/fleet-keys.ts";
import { FleetSite } from "../support/fleet-site.ts";
import { poll } from "../support/poll.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { type Crowd, NODES, startCrowd } from "./crowd-site.ts";
import { filesCell } from "./fleet-files-cell.ts";
import { makeCrowdPki } from "./fleet-pki.ts";
import { watchCell } from "./fleet-watch-cell.ts";
import { cpuSeconds, peakMemoryMiB } from "./process-figures.ts";
import { quantile } from "./statistics.ts";
import { WATCH, watchedTurns } from "./watched-turns.ts";

const ORDERS = 5;
const FIRST_LINES = 20;
const STORED_WITHIN_MS = 60_000;
const MICROSECONDS_PER_MS = 1_000;

/** Orders to many nodes, and a command on one. */
export function fleetCase(): Case {
  let pki = "";
  const prepare = async (): Promise<void> => {
    if (pki === "") pki = await makeCrowdPki(NODES);
  };
  return {
    name: "fleet",
    about: `A collector with its broker (nats-server, TLS) and ${NODES} nodes with certificates of their own, whose agents one process plays: it tells of each order that it was accepted. "Stored" counts from sending the signed order over the API until a node has the collector's answer that this is on the disk, over ${ORDERS} orders to all, one after another. "Asked" is a dry run, from sending it until the answers of all nodes are back. "First line" is a command on a real node (agent, mlrun, gate, rsyslogd, without systemd): from sending the signed order until the API shows its first line, asked again at once, ${FIRST_LINES} times. "Watched" is the Nodes page in headless Chromium while every node reports each second. All processes share the machine's cores.`,
    besides: "nothing",
    cells: [
      {
        name: `an order to ${NODES} nodes`,
        metrics: [
          { name: "stored, p50", unit: "ms", judge: "value" },
          { name: "stored, p99", unit: "ms", judge: "value", goal: { atMost: 2_000 } },
          { name: "broker's memory", unit: "MiB, at its highest", judge: "value", goal: { atMost: 256 } },
          { name: "collector's CPU", unit: "ms an order on a node", judge: "value" },
        ],
        prepare,
        ours: async () => orderAll(pki),
      },
      {
        name: `turns of the collector's event loop meanwhile`,
        metrics: [
          { name: "longest turn", unit: "ms of CPU", judge: "value", goal: { atMost: 20 } },
          { name: "loop delay, p99", unit: "ms by the clock", judge: "value" },
        ],
        prepare,
        ours: async () => turnsMeanwhile(pki),
      },
      {
        name: `a question to ${NODES} nodes`,
        metrics: [{ name: "asked, the last answer", unit: "ms", judge: "value", goal: { atMost: 250 } }],
        prepare,
        ours: async () => askAll(pki),
      },
      watchCell({ prepare, pki: () => pki }),
      firstLine(),
      filesCell(),
    ],
  };
}

function orderFor({ fleet }: Crowd): OrderOf<"run"> {
  const nodes = Array.from({ length: NODES }, (_, i) => `n${i + 1}`);
  return runOrder({ fleet, user: userInfo().username, nodes });
}

async function post({ collector: { api } }: Crowd, path: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const answer = await api.request(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** Sends one order; resolves with how long each node took, in milliseconds. */
async function timesOfOrder(crowd: Crowd): Promise<readonly number[]> {
  const body = crowd.key.signed(orderFor(crowd));
  const sentAt = Number(process.hrtime.bigint() / 1_000n);
  await post(crowd, "/api/runs", body);
  const times: number[] = [];
  for (const endsAtMs = performance.now() + STORED_WITHIN_MS; times.length < NODES; ) {
    if (performance.now() > endsAtMs) throw new Error(`${times.length} of ${NODES} nodes had their answer`);
    const before = crowd.agents.output().length;
    crowd.agents.stdin?.write("tell\n");
    const told = () => /^times (.*)$/m.exec(crowd.agents.output().slice(before))?.[1];
    const line = await poll("the times", told);
    times.push(...(JSON.parse(line) as number[]));
  }
  return times.map((time) => (time - sentAt) / MICROSECONDS_PER_MS);
}

async function orderAll(pki: string): Promise<Figures> {
  const crowd = await startCrowd(pki);
  const { pid } = crowd.collector.process;
  // Starts caches and compilers on both sides.
  await timesOfOrder(crowd);
  const cpuBefore = cpuSeconds(pid);
  const times: number[] = [];
  for (let i = 0; i < ORDERS; i += 1) times.push(...(await timesOfOrder(crowd)));
  return {
    "stored, p50": quantile(times, 0.5),
    "stored, p99": quantile(times, 0.99),
    "broker's memory": peakMemoryMiB(brokerPid(pid) ?? Number.NaN),
    "collector's CPU": ((cpuSeconds(pid) - cpuBefore) * 1_000) / (ORDERS * NODES),
  };
}

async function turnsMeanwhile(pki: string): Promise<Figures> {
  const crowd = await startCrowd(pki, { module: WATCH });
  await timesOfOrder(crowd);
  await watchedTurns(crowd.collector.process);
  for (let i = 0; i < ORDERS; i += 1) await timesOfOrder(crowd);
  const turns = await watchedTurns(crowd.collector.process);
  return { "longest turn": turns.cpu, "loop delay, p99": turns.p99 };
}

async function askAll(pki: string): Promise<Figures> {
  const crowd = await startCrowd(pki);
  const times: number[] = [];
  for (let i = 0; i <= ORDERS; i += 1) {
    const body = crowd.key.signed({ ...orderFor(crowd), kind: "check" });
    const startedAt = performance.now();
    const answers = parseDryRun(await post(crowd, "/api/dry-runs", body));
    const isWhole = answers?.length === NODES && answers.every(({ answer }) => answer === "would");
    if (!isWhole) throw new Error(`Not all nodes answered: ${JSON.stringify(answers?.slice(0, 5))}`);
    times.push(performance.now() - startedAt);
  }
  // The first one starts caches and compilers.
  return { "asked, the last answer": quantile(times.slice(1), 0.5) };
}

function firstLine(): Cell {
  return {
    name: "a command on an idle node",
    metrics: [
      { name: "first line, p50", unit: "ms", judge: "value", goal: { atMost: 300 } },
      { name: "first line, p99", unit: "ms", judge: "value" },
    ],
    ours: async () => {
      const { site, mlctl, key } = await FleetSite.create();
      const { token } = JSON.parse(readFileSync(mlctl.loginFile, "utf8")) as { token: string };
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const ask = (path: string, init: RequestInit = {}) => fetch(`${site.origin}/api${path}`, { ...init, headers });
      const { id } = (await (await ask("/fleet")).json()) as { id: string };
      const times: number[] = [];
      for (let i = 0; i < FIRST_LINES; i += 1) {
        const order = runOrder({ fleet: id, user: userInfo().username, argv: ["echo", "first"] });
        const body = JSON.stringify(key.signed(order));
        const startedAt = performance.now();
        await ask("/runs", { method: "POST", body });
        const path = `/executions/${executionOf(order.run, "node1")}/lines?from=1&limit=1`;
        for (let text = ""; !text.includes("first"); ) text = await (await ask(path)).text();
        times.push(performance.now() - startedAt);
      }
      return { "first line, p50": quantile(times, 0.5), "first line, p99": quantile(times, 0.99) };
    },
  };
}

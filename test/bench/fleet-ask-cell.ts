import { parseAskedNodes } from "../../src/wire/fleet/asked-node.ts";
import { parseDryRun } from "../../src/wire/fleet/dry-run.ts";
import { parseJson } from "../../src/wire/record.ts";
import { brokerPid } from "../support/broker-pid.ts";
import type { Cell, Figures } from "./bench.ts";
import { type Crowd, NODES, startCrowd } from "./crowd-site.ts";
import { CrowdOrders } from "./fleet-orders.ts";
import { threadCpuSeconds } from "./process-figures.ts";
import { quantile } from "./statistics.ts";

const ASKED = 5;
const GOAL_MS = 250;

/** Questions and dry runs to all nodes, as the client that asks has their answers. */
export function askCell({ prepare, pki }: Pick<Cell, "prepare"> & { readonly pki: () => string }): Cell {
  return {
    name: `a question to ${NODES} nodes`,
    metrics: [
      { name: "START, p50", unit: "ms", judge: "value" },
      { name: "START, p99", unit: "ms", judge: "value", goal: { atMost: GOAL_MS } },
      { name: "COMPLETE, the last one", unit: "ms", judge: "value" },
      { name: "CPU of the collector", unit: "ms a question", judge: "value" },
      { name: "CPU of the broker", unit: "ms a question", judge: "value" },
      { name: "CPU of the played agents", unit: "ms a question", judge: "value" },
      { name: "dry run, the last answer", unit: "ms", judge: "value", goal: { atMost: GOAL_MS } },
    ],
    ...(prepare === undefined ? {} : { prepare }),
    ours: async () => {
      const crowd = await startCrowd(pki());
      const orders = new CrowdOrders(crowd);
      const asked = await timesOfQuestions(orders, crowd);
      const dryRuns: number[] = [];
      for (let i = 0; i <= ASKED; i += 1) dryRuns.push(await timeOfDryRun(orders));
      // The first one starts caches and compilers.
      return { ...asked, "dry run, the last answer": quantile(dryRuns.slice(1), 0.5) };
    },
  };
}

async function timesOfQuestions(orders: CrowdOrders, crowd: Crowd): Promise<Figures> {
  await followQuestion(orders);
  const before = cpuMs(crowd);
  const [starts, last]: [number[], number[]] = [[], []];
  for (let i = 0; i < ASKED; i += 1) {
    const { started, completed } = await followQuestion(orders);
    starts.push(...started.values());
    last.push(Math.max(...completed.values()));
  }
  const cpu = Object.entries(cpuMs(crowd)).map(([of, ms]) => [`CPU of the ${of}`, (ms - (before[of] ?? 0)) / ASKED]);
  return {
    "START, p50": quantile(starts, 0.5),
    "START, p99": quantile(starts, 0.99),
    "COMPLETE, the last one": quantile(last, 0.5),
    ...Object.fromEntries(cpu),
  };
}

/** So far, of each process that takes part in a question. */
function cpuMs({ collector, agents }: Crowd): Readonly<Record<string, number>> {
  const { pid } = collector.process;
  const pids = { collector: pid, broker: brokerPid(pid) ?? Number.NaN, "played agents": agents.pid };
  return Object.fromEntries(Object.entries(pids).map(([of, each]) => [of, threadCpuSeconds(each) * 1_000]));
}

/** Asks all nodes; resolves with when each said START and COMPLETE, in milliseconds since the question was sent. */
async function followQuestion(
  orders: CrowdOrders,
): Promise<{ readonly started: Map<string, number>; readonly completed: Map<string, number> }> {
  const body = orders.question();
  const startedAtMs = performance.now();
  const answer = await orders.post("/api/asks?follow=1", body);
  const [started, completed] = [new Map<string, number>(), new Map<string, number>()];
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of answer.body ?? []) {
    const atMs = performance.now() - startedAtMs;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const each of lines.flatMap((line) => parseAskedNodes(parseJson(line)) ?? [])) {
      if (each.answer === "started") started.set(each.node, atMs);
      else if (each.answer === "complete") completed.set(each.node, atMs);
      else throw new Error(`A node did not answer: ${JSON.stringify(each)}`);
    }
  }
  if (started.size !== NODES || completed.size !== NODES)
    throw new Error(`${started.size} of ${NODES} nodes said START, ${completed.size} COMPLETE`);
  return { started, completed };
}

async function timeOfDryRun(orders: CrowdOrders): Promise<number> {
  const body = orders.dryRun();
  const startedAtMs = performance.now();
  const answers = parseDryRun(await (await orders.post("/api/dry-runs", body)).json());
  const isWhole = answers?.length === NODES && answers.every(({ answer }) => answer === "would");
  if (!isWhole) throw new Error(`Not all nodes answered: ${JSON.stringify(answers?.slice(0, 5))}`);
  return performance.now() - startedAtMs;
}

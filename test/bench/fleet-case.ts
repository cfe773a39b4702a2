import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { executionOf } from "../../src/orders/execution-of.ts";
import { brokerPid } from "../support/broker-pid.ts";
import { runOrder } from "../support/fleet-keys.ts";
import { FleetSite } from "../support/fleet-site.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { NODES, startCrowd } from "./crowd-site.ts";
import { askCell } from "./fleet-ask-cell.ts";
import { clickCell } from "./fleet-click-cell.ts";
import { filesCell } from "./fleet-files-cell.ts";
import { liveCell } from "./fleet-live-cell.ts";
import { CrowdOrders } from "./fleet-orders.ts";
import { makeCrowdPki } from "./fleet-pki.ts";
import { watchCell } from "./fleet-watch-cell.ts";
import { cpuSeconds, peakMemoryMiB } from "./process-figures.ts";
import { quantile } from "./statistics.ts";
import { WATCH, watchedTurns } from "./watched-turns.ts";

const ORDERS = 5;
const FIRST_LINES = 20;

/** Orders to many nodes, and a command on one. */
export function fleetCase(): Case {
  let pki = "";
  const prepare = async (): Promise<void> => {
    if (pki === "") pki = await makeCrowdPki(NODES);
  };
  const crowd = { prepare, pki: () => pki };
  return {
    name: "fleet",
    about: `A collector with its broker (nats-server, TLS) and ${NODES} nodes with certificates of their own, whose agents one process plays: it tells of each order that it was accepted. "Stored" counts from sending the signed order over the API until a node has the collector's answer that this is on the disk, over ${ORDERS} orders to all, one after another. "Meanwhile" an order a second goes to all of them, while a command prints 500 lines/s on one (mlrun → relay → collector → WebSocket client): the age of its lines, beside the same without orders. Of a question, START and COMPLETE count from sending it over the API until the client that asked has the node's line, over ${ORDERS} questions; each node looks for 50 ms in between. A dry run counts until the answers of all nodes are back. "First line" is a command on a real node (agent, mlrun, gate, rsyslogd, without systemd): from sending the signed order until the API shows its first line, asked again at once, ${FIRST_LINES} times. "Click" is the demo in headless Chromium: from the click on Run until the job's page, whose link is followed as soon as it is there, shows the line. "Watched" is the Nodes page in headless Chromium while every node reports each second. All processes share the machine's cores.`,
    besides: "no orders",
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
      liveCell(crowd),
      askCell(crowd),
      watchCell(crowd),
      firstLine(),
      clickCell(),
      filesCell(),
    ],
  };
}

async function orderAll(pki: string): Promise<Figures> {
  const crowd = await startCrowd(pki);
  const orders = new CrowdOrders(crowd);
  const { pid } = crowd.collector.process;
  // Starts caches and compilers on both sides.
  await orders.timesOfRun();
  const cpuBefore = cpuSeconds(pid);
  const times: number[] = [];
  for (let i = 0; i < ORDERS; i += 1) times.push(...(await orders.timesOfRun()));
  return {
    "stored, p50": quantile(times, 0.5),
    "stored, p99": quantile(times, 0.99),
    "broker's memory": peakMemoryMiB(brokerPid(pid) ?? Number.NaN),
    "collector's CPU": ((cpuSeconds(pid) - cpuBefore) * 1_000) / (ORDERS * NODES),
  };
}

async function turnsMeanwhile(pki: string): Promise<Figures> {
  const crowd = await startCrowd(pki, { module: WATCH });
  const orders = new CrowdOrders(crowd);
  await orders.timesOfRun();
  await watchedTurns(crowd.collector.process);
  for (let i = 0; i < ORDERS; i += 1) await orders.timesOfRun();
  const turns = await watchedTurns(crowd.collector.process);
  return { "longest turn": turns.cpu, "loop delay, p99": turns.p99 };
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

import { setTimeout as pause } from "node:timers/promises";
import type { Cell, Figures } from "./bench.ts";
import { startBenchRelay } from "./bench-site.ts";
import { type Crowd, startCrowd } from "./crowd-site.ts";
import { CrowdOrders } from "./fleet-orders.ts";
import { ageInViewer } from "./latency-case.ts";

const RATE = 500;
const ORDER_EVERY_MS = 1_000;

/** How old a command's lines are in a viewer while orders go to all nodes, beside the same fleet without orders. */
export function liveCell({ prepare, pki }: Pick<Cell, "prepare"> & { readonly pki: () => string }): Cell {
  const start = () => startCrowd(pki());
  return {
    name: "a command's lines meanwhile",
    metrics: [
      { name: "age, p50", unit: "ms", judge: "ratio" },
      { name: "age, p99", unit: "ms", judge: "ratio", goal: { atMost: 3 } },
      { name: "not sent live", unit: "% of lines", judge: "value", goal: { atMost: 0 } },
      { name: "orders", unit: "to all nodes", judge: "value" },
    ],
    ...(prepare === undefined ? {} : { prepare }),
    ours: async () => {
      const crowd = await start();
      let orders = 0;
      const figures = await age(crowd, async () => {
        const sending = sendOrders(new CrowdOrders(crowd));
        return async () => {
          orders = await sending.end();
        };
      });
      return { ...figures, orders };
    },
    beside: async () => ({ ...(await age(await start())), "not sent live": Number.NaN }),
  };
}

async function age(crowd: Crowd, meanwhile = async () => async () => {}): Promise<Figures> {
  const { collector, pki } = crowd;
  const site = async () => {
    const relay = await startBenchRelay(collector.relpPort, { pki, node: "n1" });
    return { collector, relay };
  };
  const { p50 = Number.NaN, p99 = Number.NaN, ...figures } = await ageInViewer({ rate: RATE, site, meanwhile });
  return { "age, p50": p50, "age, p99": p99, ...figures };
}

/** One order a second, to all nodes; `end` resolves with how many there were, when all nodes have the last. */
function sendOrders(orders: CrowdOrders): { readonly end: () => Promise<number> } {
  let isOver = false;
  const sent = (async () => {
    let count = 0;
    while (!isOver) {
      const next = pause(ORDER_EVERY_MS);
      await orders.timesOfRun();
      count += 1;
      await next;
    }
    return count;
  })();
  return {
    end: () => {
      isOver = true;
      return sent;
    },
  };
}

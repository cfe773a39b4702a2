import { setTimeout as delay } from "node:timers/promises";
import { parsePruneEvent } from "../../src/wire/keeping.ts";
import { parseJson } from "../../src/wire/record.ts";
import type { ApiClient } from "../support/api-client.ts";
import type { Case, Figures, Metric } from "./bench.ts";
import { type BenchCollector, startCollector } from "./bench-site.ts";
import { ingest } from "./growth-load.ts";
import { quantile } from "./statistics.ts";
import { addCrowd } from "./stored-crowd.ts";
import { StoredData } from "./stored-data.ts";
import { WATCH, watchedTurns } from "./watched-turns.ts";

const EXECUTIONS = 100_000;
const AT_ONCE = 500;
/** What is deleted in the second case, and what it leaves. */
const FEW = 2_000;
const ASK_EVERY_MS = 2;
const LOAD = { executions: 16, connections: 1, linesPerFrame: 1, lines: 2_000_000 };

const TURNS: readonly Metric[] = [
  { name: "turn, p99", unit: "ms", judge: "value" },
  { name: "CPU of the longest turn", unit: "ms", judge: "value", goal: { atMost: 50 } },
  { name: "/healthz, p99", unit: "ms", judge: "value", goal: { atMost: 20 } },
  { name: "/healthz, longest", unit: "ms", judge: "value" },
];

/** Deleting many executions beside live work. */
export function deletionCase(): Case {
  return {
    name: "deletion",
    about: `${EXECUTIONS} ended executions of one line each are deleted by one POST /api/prune while 16 executions send lines; beside it, the same lines without a deletion. And ${AT_ONCE} requests at once, a DELETE each, of one user. /healthz is asked every ${ASK_EVERY_MS} ms.`,
    besides: "ingest alone",
    cells: [
      {
        name: `${EXECUTIONS} executions`,
        metrics: [
          { name: "deleted in", unit: "s", judge: "value", goal: { atMost: 60 } },
          { name: "lines/s", unit: "lines/s", judge: "ratio" },
          ...TURNS,
        ],
        ours: async () => {
          const collector = await startCollector({ dataDir: await ended(EXECUTIONS), module: WATCH });
          let linesPerSecond = Number.NaN;
          const figures = await watched(collector, async () => {
            const sending = ingest(collector, LOAD);
            const seconds = await pruned(collector.api, EXECUTIONS);
            linesPerSecond = (await sending)["lines/s"] ?? Number.NaN;
            return seconds;
          });
          return { ...figures, "lines/s": linesPerSecond };
        },
        beside: async () => {
          const collector = await startCollector({ module: WATCH });
          return { "lines/s": (await ingest(collector, LOAD))["lines/s"] ?? Number.NaN };
        },
      },
      {
        name: `${AT_ONCE} requests at once`,
        metrics: [{ name: "deleted in", unit: "s", judge: "value" }, ...TURNS],
        ours: async () => {
          const collector = await startCollector({ dataDir: await ended(FEW), module: WATCH });
          const ids = (await collector.api.executions(`limit=${AT_ONCE}`)).map(({ x }) => x);
          return watched(collector, async () => {
            const startedAt = performance.now();
            await Promise.all(ids.map((x) => collector.api.request(`/api/executions/${x}`, { method: "DELETE" })));
            return (performance.now() - startedAt) / 1_000;
          });
        },
      },
    ],
  };
}

/** Stored executions of one line each. */
async function ended(executions: number): Promise<string> {
  const data = new StoredData();
  addCrowd(data, new Array<number>(executions).fill(1));
  await data.index();
  return data.dataDir;
}

/** @param act resolves with the seconds that it took. */
async function watched(collector: BenchCollector, act: () => Promise<number>): Promise<Figures> {
  const asked: number[] = [];
  let isOver = false;
  await watchedTurns(collector.process);
  const asking = (async () => {
    while (!isOver) {
      const startedAt = performance.now();
      await (await collector.api.request("/healthz")).arrayBuffer();
      asked.push(performance.now() - startedAt);
      await delay(ASK_EVERY_MS);
    }
  })();
  const seconds = await act();
  isOver = true;
  await asking;
  const { cpu, p99 } = await watchedTurns(collector.process);
  return {
    "deleted in": seconds,
    "turn, p99": p99,
    "CPU of the longest turn": cpu,
    "/healthz, p99": quantile(asked, 0.99),
    "/healthz, longest": Math.max(...asked),
  };
}

async function pruned(api: ApiClient, executions: number): Promise<number> {
  const startedAt = performance.now();
  const answer = await api.request("/api/prune", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ olderThanMs: 0 }),
  });
  const last = (await answer.text()).trimEnd().split("\n").at(-1) ?? "";
  const seconds = (performance.now() - startedAt) / 1_000;
  const end = parsePruneEvent(parseJson(last));
  if (end?.t !== "end" || end.executions < executions) throw new Error(`Not everything was deleted: ${last}`);
  return seconds;
}

import type { LinePage } from "../../src/wire/api.ts";
import { run } from "../support/processes.ts";
import { apiTimes } from "./api-times.ts";
import type { Case, Figures } from "./bench.ts";
import { startCollector } from "./bench-site.ts";
import { StoredData, type StoredExecution } from "./stored-data.ts";

const LINES = 10_000_000;
const FROM = 5_000_000;
const PAGE_LINES = 200;
const REQUESTS = 20;

/** A page in the middle of a long log. */
export function readingCase(): Case {
  let dataDir = "";
  let stored: StoredExecution;
  return {
    name: "reading",
    about: `${PAGE_LINES} lines from line ${FROM} of ${LINES}, each of 100 bytes, over the API to the answer's last byte: the first request after the collector's start, and the median of ${REQUESTS} later ones; beside it, sed on the same file, which reads it from the start. The file is in the page cache on both sides.`,
    besides: "sed -n",
    cells: [
      {
        name: `lines ${FROM} to ${FROM + PAGE_LINES - 1}`,
        metrics: [
          { name: "median", unit: "ms", judge: "value", goal: { atMost: 20 } },
          { name: "first", unit: "ms", judge: "value", goal: { atMost: 20 } },
        ],
        async prepare() {
          const data = new StoredData();
          dataDir = data.dataDir;
          stored = data.add(LINES);
          data.end();
          await data.index();
        },
        ours: () => overApi(dataDir, stored.x),
        beside: () => withSed(stored.path),
      },
    ],
  };
}

async function overApi(dataDir: string, x: string): Promise<Figures> {
  const { api } = await startCollector({ dataDir });
  const path = `/api/executions/${x}/lines?from=${FROM}&limit=${PAGE_LINES}`;
  const { firstMs, medianMs } = await apiTimes(api, new Array<string>(REQUESTS).fill(path));
  const { lines } = await api.json<LinePage>(path);
  if (lines.length !== PAGE_LINES || lines[0]?.text?.includes(` ${FROM.toString().padStart(10, "0")} `) !== true) {
    throw new Error("The page has other lines than were asked for");
  }
  return { first: firstMs, median: medianMs };
}

async function withSed(path: string): Promise<Figures> {
  const last = FROM + PAGE_LINES - 1;
  const startedAt = performance.now();
  const { stdout } = await run("sed", ["-n", `${FROM},${last}p;${last}q`, path]);
  const ms = performance.now() - startedAt;
  if (stdout.split("\n").length !== PAGE_LINES + 1) throw new Error("sed printed other lines than were asked for");
  return { first: ms, median: ms };
}

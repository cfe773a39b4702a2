import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { IndexDb } from "../../src/store/index/index-db.ts";
import type { IndexRow } from "../../src/store/index/index-row.ts";
import { basePath } from "../../src/store/table/index-writer.ts";
import type { ExecutionState } from "../../src/wire/api.ts";
import { makeExecutionId } from "../../src/wire/ids.ts";
import { apiTimes } from "./api-times.ts";
import type { Cell, Figures, Metric } from "./bench.ts";
import { lastingFolder } from "./bench-folder.ts";
import { startCollector } from "./bench-site.ts";
import { settleDisk } from "./disk-room.ts";
import { INGEST_METRICS, ingest } from "./growth-load.ts";
import type { LoadShape } from "./run-load.ts";
import { originOf } from "./stored-data.ts";

const ROWS_AT_ONCE = 10_000;
const REQUESTS = 10;
const PAGE = 100;

/** The viewer's queries of the index, by figure. */
const QUESTIONS: Readonly<Record<string, string>> = {
  "newest 100": `/api/executions?limit=${PAGE}`,
  "100 in the middle": `/api/executions?limit=${PAGE}&before=MIDDLE`,
  "of one job": `/api/executions?limit=${PAGE}&job=JOB`,
  "of one node": `/api/executions?limit=${PAGE}&node=node7`,
  failed: `/api/executions?limit=${PAGE}&state=failed`,
  running: `/api/executions?limit=${PAGE}&state=running`,
  "with a text": `/api/executions?limit=${PAGE}&q=train.py`,
  "with a text that one has": `/api/executions?limit=${PAGE}&q=ONE`,
  jobs: "/api/jobs",
  nodes: "/api/nodes",
};

/** Lists of many executions, and ingest beside them, against a collector with few. */
export function indexCell(name: string, sizes: { rows: number; smallestRows: number; load: LoadShape }): Cell {
  let [big, small] = [emptyIndex(), emptyIndex()];
  const lists = Object.keys(QUESTIONS).map(
    (question): Metric => ({ name: question, unit: "ms", judge: "value", goal: { atMost: 50 } }),
  );
  return {
    name,
    metrics: [...lists, { name: "slowest", unit: "ms", judge: "value" }, ...INGEST_METRICS],
    async prepare() {
      big = fillIndex(sizes.rows);
      small = fillIndex(sizes.smallestRows);
      await settleDisk();
    },
    ours: () => ask(big, sizes.load),
    beside: () => ask(small, sizes.load),
  };
}

interface FilledIndex {
  readonly dataDir: string;
  /** A cursor, a job and a text that some of the rows have. */
  readonly middle: string;
  readonly job: string;
  readonly one: string;
}

function emptyIndex(): FilledIndex {
  return { dataDir: "", middle: "", job: "", one: "" };
}

async function ask({ dataDir, middle, job, one }: FilledIndex, load: LoadShape): Promise<Figures> {
  const collector = await startCollector({ dataDir });
  const figures: Record<string, number> = {};
  let slowest = 0;
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const path = question.replace("MIDDLE", encodeURIComponent(middle)).replace("JOB", job).replace("ONE", one);
    const { medianMs, slowestMs } = await apiTimes(collector.api, new Array<string>(REQUESTS).fill(path));
    figures[name] = medianMs;
    slowest = Math.max(slowest, slowestMs);
  }
  return { ...figures, slowest, ...(await ingest(collector, load)) };
}

/** Rows as the store writes them, without files: nobody requests their lines. */
function fillIndex(rows: number): FilledIndex {
  const dataDir = lastingFolder();
  const index = new IndexDb(join(dataDir, "index.db"));
  const middle = Math.floor(rows / 2);
  let found = emptyIndex();
  for (let from = 0; from < rows; from += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, rows - from);
    const batch = Array.from({ length: count }, (_, i) => rowOf(from + i));
    index.put(batch);
    const row = batch[middle - from];
    if (row === undefined) continue;
    const { startedAt, x, node, job } = row.execution;
    found = { dataDir, middle: `${startedAt}/${x}/${node}`, job, one: x };
  }
  index.markCurrent();
  index.close();
  return found;
}

/** Of execution number `i`: most have ended well. */
function rowOf(i: number): IndexRow {
  const x = makeExecutionId(Date.now(), randomBytes(16));
  const keyHash = randomBytes(32).toString("base64url");
  const origin = originOf({ x, node: `node${i % 100}`, keyHash, i });
  const { node, owner, job, argv, labels, startedAt } = origin;
  const state: ExecutionState = i % 10 === 0 ? "failed" : "finished";
  const execution = {
    ...{ x, job, run: x, node, owner, command: "python3", argv, labels, state, delivery: "complete" as const },
    ...{ code: state === "failed" ? 1 : 0, signal: null, startedAt, endedAt: startedAt },
    ...{ lines: 1_000, bytes: 100_000, lastN: 1_000, missing: [], thinned: 0, dropped: 0 },
  };
  return {
    node,
    x,
    keyHash,
    base: basePath(origin),
    execution,
    hasRun: true,
    overAt: startedAt,
    isOpen: false,
    diskBytes: 0,
  };
}

import type { Execution } from "../../src/wire/api.ts";
import { apiTimes } from "./api-times.ts";
import type { Case, Cell, Figures } from "./bench.ts";
import { startCollector } from "./bench-site.ts";
import { roomFor } from "./disk-room.ts";
import { indexCell } from "./growth-index.ts";
import { INGEST_METRICS, ingest, loadCell } from "./growth-load.ts";
import { STORED_LINE_BYTES, StoredData, type StoredExecution } from "./stored-data.ts";

const EXECUTIONS = [10, 100, 1_000, 10_000];
const CONNECTIONS = [10, 100, 1_000];
/** As many lines as fit into a frame of mlrun, and enough of them for a few frames each. */
const PACKED_LINES = 60;
const PACKED_FACTOR = 10;
const INDEX_ROWS = 1_000_000;
const SMALL_INDEX_ROWS = 100;
const FILE_BYTES = 10_000_000_000;
const SMALL_FILE_BYTES = 1_000_000;
const JUMPS = 20;
const PAGE_LINES = 200;

/** Growth must not slow anything: ours beside ours at the smallest size. */
export function growthCase(lines: number): Case {
  const shape = { lines, linesPerFrame: 1, connections: 1 };
  const executionCells = EXECUTIONS.map((executions) =>
    loadCell({
      name: `${executions} open executions`,
      shape: { ...shape, executions },
      smallest: { ...shape, executions: 1 },
    }),
  );
  const packed = { ...shape, lines: lines * PACKED_FACTOR, linesPerFrame: PACKED_LINES };
  const most = Math.max(...EXECUTIONS);
  const packedCell = loadCell({
    name: `${most} open executions, packed`,
    shape: { ...packed, executions: most },
    smallest: { ...packed, executions: 1 },
  });
  const load = { ...shape, executions: 1_000 };
  const connectionCells = CONNECTIONS.map((connections) =>
    loadCell({
      name: `${connections} relay connections, ${load.executions} executions`,
      shape: { ...load, connections },
      smallest: load,
    }),
  );
  return {
    name: "growth",
    about: `RELP load of ${lines} lines as in "ingest", one line a frame (packed: ${PACKED_LINES}, and ${PACKED_FACTOR} times as many lines), executions in turn frame by frame, all open before the clock starts; beside it, the same with one execution or one connection. Lists over the API (medians of sequential requests) from an index of ${INDEX_ROWS} executions of one user, beside ${SMALL_INDEX_ROWS}. Jumps to pages of ${PAGE_LINES} lines anywhere in a file, and ingest at its end, beside a file of 1 MB.`,
    besides: "ours, at the smallest",
    cells: [
      ...executionCells,
      packedCell,
      ...connectionCells,
      indexCell(`${INDEX_ROWS} executions in the index`, { rows: INDEX_ROWS, smallestRows: SMALL_INDEX_ROWS, load }),
      fileCell(lines),
    ],
  };
}

function fileCell(lines: number): Cell {
  const { bytes, name } = roomFor(FILE_BYTES);
  const data: { big?: StoredFile; small?: StoredFile } = {};
  return {
    name: `a file of ${name}`,
    metrics: [
      { name: "jump", unit: "ms", judge: "value", goal: { atMost: 50 } },
      { name: "first jump", unit: "ms", judge: "value", goal: { atMost: 50 } },
      ...INGEST_METRICS,
    ],
    async prepare() {
      data.big = await storeFile(bytes);
      data.small = await storeFile(SMALL_FILE_BYTES);
    },
    ours: () => jumpAndIngest(data.big, lines),
    beside: () => jumpAndIngest(data.small, lines),
  };
}

interface StoredFile {
  readonly dataDir: string;
  readonly execution: StoredExecution;
}

async function storeFile(bytes: number): Promise<StoredFile> {
  const data = new StoredData();
  const execution = data.add(Math.floor(bytes / STORED_LINE_BYTES));
  await data.index();
  return { dataDir: data.dataDir, execution };
}

async function jumpAndIngest(file: StoredFile | undefined, lines: number): Promise<Figures> {
  if (file === undefined) throw new Error("The file was not made");
  const { x, k, node } = file.execution;
  const collector = await startCollector({ dataDir: file.dataDir });
  const { lastN } = await collector.api.json<Execution>(`/api/executions/${x}`);
  const jumps = Array.from({ length: JUMPS }, (_, i) => {
    // Far apart and in no order: 7 shares no divisor with the number of jumps.
    const from = 1 + Math.floor((((i * 7) % JUMPS) / JUMPS) * lastN);
    return `/api/executions/${x}/lines?from=${from}&limit=${PAGE_LINES}`;
  });
  const { medianMs, firstMs } = await apiTimes(collector.api, jumps);
  const resume = { x, k, node, fromN: lastN + 1 };
  const load = { lines, linesPerFrame: 1, executions: 1, connections: 1, resume };
  return { jump: medianMs, "first jump": firstMs, ...(await ingest(collector, load)) };
}

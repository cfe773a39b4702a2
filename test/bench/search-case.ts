import { readdirSync, readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { Case, Cell, Figures, Metric } from "./bench.ts";
import { startCollector } from "./bench-site.ts";
import { askFor, sealStored, timedProgram, timedSearch } from "./search-load.ts";
import { StoredData, type StoredExecution } from "./stored-data.ts";
import { NEEDLE, VariedLines } from "./varied-lines.ts";
import { WATCH, watchedTurns } from "./watched-turns.ts";

/** About 1 GB of log: the goals are for so much. */
const LINES = 8_400_000;
/** Of that log. */
const LOG_GB = 0.99;
/** What a log of this size would take, from the time of one that is there. */
const EXTRAPOLATED_GB = 100;
const FILES = 2_000;
/** About 500 kB. */
const FILE_LINES = 4_200;
/** Its states do not fit into any table, so that it takes minutes. */
const ENDLESS = { pattern: "[^z]{200}[0-9c-z]{50}q", regex: true };
/** Nothing is sealed by the collector itself. */
const SETTINGS = "seal-after-days = 0";
/** Made of what stands in the logs, but nowhere together. */
const ABSENT = "users/alpha-beta";
const RG = ["--no-config", "--no-mmap", "--text"];

interface Prepared {
  readonly dataDir: string;
  readonly executions: readonly StoredExecution[];
}

const ratio = (atMost: number): Metric => ({ name: "time", unit: "ms", judge: "ratio", goal: { atMost } });

/**
 * Searches over the API, beside ripgrep on the same files.
 *
 * @param packedGb also in packed logs of so many gigabytes, which take two minutes each to make; 0: not.
 */
export function searchCase(packedGb: number): Case {
  const raw = once(() => stored([LINES]));
  const many = once(() => stored(new Array<number>(FILES).fill(FILE_LINES)));
  let sealing: Figures = {};
  const sealed = once(async () => {
    const data = await stored([LINES], (execution) => {
      const { usALine, textBytes, fileBytes, filterBytes } = sealStored(execution);
      sealing = { time: usALine, file: (100 * fileBytes) / textBytes, filters: (100 * filterBytes) / textBytes };
    });
    return data;
  });
  const beside = (
    name: string,
    atMost: number,
    of: { data: () => Promise<Prepared>; ask: object; rg: string[] },
  ): Cell => ({
    name,
    metrics: [ratio(atMost)],
    prepare: async () => void (await of.data()),
    ours: async () => searched((await of.data()).dataDir, of.ask),
    beside: async () => {
      const paths = (await of.data()).executions.map(({ path }) => path);
      return { time: await timedProgram("rg", [...RG, ...of.rg, ...paths]) };
    },
  });
  const packed = async (): Promise<Prepared> => {
    const { dataDir, executions } = await sealed();
    return { dataDir, executions: executions.map((each) => ({ ...each, path: `${each.path}.gz` })) };
  };
  return {
    name: "search",
    about: `A search over the API, from the request to the end of its answer, in a log of ${LINES} lines of 97 bytes on average; beside it, ripgrep on the file itself, in the page cache on both sides. ripgrep reads one line of the log as one line: it joins no pieces, and finds text in times and names of streams; "anchored" is translated for it. "sealed" is the same log packed, beside rg -z. Index: the time to pack a line, and the sizes of packed log and filters, of the log's. Abort: until the collector says that the search is over.`,
    besides: "rg",
    cells: [
      beside("a rare text", 3, { data: raw, ask: { pattern: NEEDLE }, rg: ["-F", "-e", NEEDLE] }),
      beside("many places", 6, {
        ...{ data: raw, ask: { pattern: "users/1", buckets: true } },
        rg: ["-n", "-b", "-o", "-F", "-e", "users/1"],
      }),
      beside("anchored expression", 4.5, {
        ...{ data: raw, ask: { pattern: "^-rw.*tau\\.pyc$", regex: true, show: "counts" } },
        rg: ["-n", "-e", "^.{37}-rw.*tau\\.pyc$"],
      }),
      beside("without regard to case", 5, {
        data: raw,
        ask: { pattern: NEEDLE, case: "ignore" },
        rg: ["-i", "-e", NEEDLE],
      }),
      beside("no text in the expression", 1.2, {
        ...{ data: raw, ask: { pattern: "[0-9a-f]{5}[g-m]{4}[0-9]{3}", regex: true } },
        rg: ["-e", "[0-9a-f]{5}[g-m]{4}[0-9]{3}"],
      }),
      beside(`a text that none of ${FILES} executions has`, 2.5, {
        ...{ data: many, ask: { pattern: "OutOfMemory" }, rg: ["-j1", "-F", "-e", "OutOfMemory"] },
      }),
      beside("sealed, all read", 0.6, {
        ...{ data: packed, ask: { pattern: "zq93kf[XZ]Y", regex: true }, rg: ["-z", "-e", "zq93kf[XZ]Y"] },
      }),
      beside("sealed, a rare text", 0.02, { data: packed, ask: { pattern: NEEDLE }, rg: ["-z", "-F", "-e", NEEDLE] }),
      {
        name: "sealing",
        metrics: [
          { name: "time", unit: "us a line", judge: "value" },
          { name: "file", unit: "% of the log", judge: "value" },
          { name: "filters", unit: "% of the log", judge: "value", goal: { atMost: 5 } },
        ],
        prepare: async () => void (await sealed()),
        ours: async () => sealing,
      },
      {
        name: "a search that is given up",
        metrics: [
          { name: "abort", unit: "ms", judge: "value", goal: { atMost: 50 } },
          { name: "turn", unit: "ms", judge: "value", goal: { atMost: 20 } },
        ],
        prepare: async () => void (await raw()),
        ours: async () => givenUp((await raw()).dataDir),
      },
      ...(packedGb > 0 ? packedCells(packedGb) : []),
    ],
  };
}

/** Many packed logs. The files may be larger than the page cache: then both sides read the disk. */
function packedCells(packedGb: number): Cell[] {
  const packed = once(async () => {
    const logs = new Array<number>(Math.ceil(packedGb / LOG_GB)).fill(LINES);
    const { dataDir, executions } = await stored(logs, sealStored);
    return { dataDir, paths: executions.map(({ path }) => `${path}.gz`), gb: logs.length * LOG_GB };
  });
  const cell = (name: string, ask: object, rg: readonly string[]): Cell => ({
    name: `${packedGb} GB packed, ${name}`,
    metrics: [
      { name: "time", unit: "ms", judge: "ratio" },
      { name: `for ${EXTRAPOLATED_GB} GB, extrapolated`, unit: "s", judge: "value" },
    ],
    prepare: async () => void (await packed()),
    ours: async () => {
      const { dataDir, gb } = await packed();
      const { time = 0 } = await searched(dataDir, ask);
      return { time, [`for ${EXTRAPOLATED_GB} GB, extrapolated`]: (time / 1_000) * (EXTRAPOLATED_GB / gb) };
    },
    beside: async () => ({ time: await timedProgram("rg", [...RG, "-z", ...rg, ...(await packed()).paths]) }),
  });
  return [
    cell("a text that is not there", { pattern: ABSENT }, ["-F", "-e", ABSENT]),
    cell("all read", { pattern: "zq93kf[XZ]Z", regex: true }, ["-e", "zq93kf[XZ]Z"]),
  ];
}

async function stored(sizes: readonly number[], then: (execution: StoredExecution) => void = () => undefined) {
  const data = new StoredData();
  const executions = sizes.map((lines) => data.add(lines, new VariedLines(lines === LINES ? LINES / 2 : 0)));
  data.end();
  for (const execution of executions) then(execution);
  await data.index();
  return { dataDir: data.dataDir, executions };
}

async function searched(dataDir: string, ask: object): Promise<Figures> {
  const { api } = await startCollector({ dataDir, settings: SETTINGS });
  // Starts the thread, as the first search of an hour does.
  await timedSearch(api, { pattern: "alpha", limit: 1 });
  const { ms } = await timedSearch(api, ask);
  return { time: ms };
}

async function givenUp(dataDir: string): Promise<Figures> {
  const { api, process } = await startCollector({ dataDir, settings: SETTINGS, module: WATCH });
  await timedSearch(api, { pattern: "alpha", limit: 1 });
  await watchedTurns(process);
  await timedSearch(api, { pattern: NEEDLE, case: "ignore" });
  const { longest } = await watchedTurns(process);
  const gone = new AbortController();
  const endless = askFor(api, ENDLESS, gone.signal).catch(() => undefined);
  await untilRunning(process.pid, true);
  const startedAt = performance.now();
  gone.abort();
  await untilRunning(process.pid, false);
  const abort = performance.now() - startedAt;
  await endless;
  return { abort, turn: longest };
}

/** ripgrep is a child of one of the collector's threads (proc(5), "children"). */
async function untilRunning(pid: number, isWanted: boolean): Promise<void> {
  const isRunning = (): boolean =>
    readdirSync(`/proc/${pid}/task`).some((thread) => {
      const children = textOf(`/proc/${pid}/task/${thread}/children`).split(" ").filter(Boolean);
      return children.some((child) => textOf(`/proc/${child}/comm`) === "rg\n");
    });
  for (const endsAtMs = performance.now() + 10_000; isRunning() !== isWanted; await setImmediate())
    if (performance.now() > endsAtMs) throw new Error(`ripgrep ${isWanted ? "did not start" : "did not end"}`);
}

/** Empty if the process has ended. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

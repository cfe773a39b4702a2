import { freePort } from "../support/free-port.ts";
import { poll } from "../support/poll.ts";
import { start } from "../support/processes.ts";
import type { Case, Figures, Metric } from "./bench.ts";
import { collectorCommand, startCollector } from "./bench-site.ts";
import { roomFor } from "./disk-room.ts";
import { peakMemoryMiB } from "./process-figures.ts";
import { STORED_LINE_BYTES, StoredData } from "./stored-data.ts";

const EXECUTIONS = 10_000;
const WANTED_BYTES = 10_000_000_000;

const METRICS: readonly Metric[] = [
  { name: "serving after", unit: "s", judge: "value", goal: { atMost: 1 } },
  { name: "memory", unit: "MiB", judge: "value" },
];

/** Time until a collector with stored executions serves again. */
export function restartCase(): Case {
  const { bytes, name } = roomFor(WANTED_BYTES);
  const size = `${EXECUTIONS} executions, ${name}`;
  let data: StoredData | undefined;
  let cookie = "";
  /** The executions, made once: first all are running, then all have ended. */
  function stored(): StoredData {
    if (data !== undefined) return data;
    data = new StoredData();
    for (let i = 0; i < EXECUTIONS; i += 1) data.add(Math.floor(bytes / EXECUTIONS / STORED_LINE_BYTES));
    return data;
  }
  async function index(): Promise<void> {
    await stored().index();
    const { api } = await startCollector({ dataDir: stored().dataDir });
    cookie = api.cookie;
  }
  const ours = () => restart(stored().dataDir, cookie);
  return {
    name: "restart",
    about:
      "From the start of the collector's process until the API answers with the newest 100 executions, to a session from before the restart.",
    besides: "",
    cells: [
      { name: `${size}, all running`, metrics: METRICS, prepare: index, ours },
      {
        name: `${size}, all finished`,
        metrics: METRICS,
        async prepare() {
          stored().end();
          await index();
        },
        ours,
      },
    ],
  };
}

async function restart(dataDir: string, cookie: string): Promise<Figures> {
  const webPort = await freePort();
  const [command, ...args] = collectorCommand({ dataDir, settings: "", webPort });
  const url = `http://127.0.0.1:${webPort}/api/executions?limit=100`;
  const startedAt = performance.now();
  const collector = start(command, args);
  await poll("the collector to serve", () => answers(url, cookie), 120_000);
  const seconds = (performance.now() - startedAt) / 1000;
  return { "serving after": seconds, memory: peakMemoryMiB(collector.pid) };
}

async function answers(url: string, cookie: string): Promise<boolean> {
  try {
    const response = await fetch(url, { headers: { cookie } });
    const page: unknown = await response.json();
    if (response.ok) return true;
    throw new RangeError(`${url} was answered with ${JSON.stringify(page)}`);
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return false;
  }
}

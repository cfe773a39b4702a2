import { readFile } from "node:fs/promises";
import { loadavg, uptime } from "node:os";
import type { AnswerRow } from "../../wire/fleet/answer.ts";
import type { Asked } from "./asked.ts";
import { readDisks } from "./disks.ts";
import { readLoggedIn } from "./logged-in.ts";
import { readProcesses } from "./own-processes.ts";
import { readUnits } from "./systemd-units.ts";

/** Something that a node can be asked about. It reads, and changes nothing. */
interface Provider {
  readonly summary: string;
  readonly maxArguments: number;
  /** A text says why this machine has no such thing. */
  read(asked: Asked): Promise<readonly AnswerRow[] | string>;
}

const oneRow = (summary: string, read: () => Promise<AnswerRow> | AnswerRow): Provider => ({
  summary,
  maxArguments: 0,
  read: async () => [await read()],
});

/** By name. `mlctl ask --help` lists them. */
export const PROVIDERS: ReadonlyMap<string, Provider> = new Map<string, Provider>([
  ["uptime", oneRow("time since the start, load", readUptime)],
  ["memory", oneRow("memory and swap", readMemory)],
  ["time", oneRow("clock and time zone", () => ({ time: new Date().toISOString(), zone: zone() }))],
  ["disk", { summary: "local file systems", maxArguments: 0, read: readDisks }],
  ["processes", { summary: "your processes, or those of a NAME", maxArguments: 1, read: readProcesses }],
  ["who", { summary: "who is logged in", maxArguments: 0, read: () => readLoggedIn() }],
  ["units", { summary: "units of systemd that have failed, or a NAME's", maxArguments: 1, read: readUnits }],
]);

function readUptime(): AnswerRow {
  const [load1 = 0, load5 = 0, load15 = 0] = loadavg().map((load) => Math.round(load * 100) / 100);
  return { uptimeSeconds: Math.floor(uptime()), load1, load5, load15 };
}

/** proc_meminfo(5) */
async function readMemory(): Promise<AnswerRow> {
  const text = await readFile("/proc/meminfo", "utf8");
  const bytesOf = (name: string): number | null => {
    const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
  };
  return {
    totalBytes: bytesOf("MemTotal"),
    availableBytes: bytesOf("MemAvailable"),
    swapBytes: bytesOf("SwapTotal"),
    swapFreeBytes: bytesOf("SwapFree"),
  };
}

function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

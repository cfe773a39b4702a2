import { poll } from "../support/poll.ts";
import type { RunningProcess } from "../support/processes.ts";

/** Turns of an event loop since they were last asked for, ms: see loop-watch.ts. */
interface Turns {
  readonly longest: number;
  /** The most processor time in one. */
  readonly cpu: number;
  readonly p99: number;
}

/** What a collector loads first, so that its turns can be asked for. */
export const WATCH = new URL("loop-watch.js", import.meta.url).href;

/** Those of a collector since the last call. */
export async function watchedTurns(process: RunningProcess): Promise<Turns> {
  const seen = process.stderr().length;
  process.signal("SIGUSR2");
  const [, json = ""] = await poll(
    "the collector's turns",
    () => /^turns (.*)\n/m.exec(process.stderr().toString("utf8", seen)) ?? undefined,
  );
  const { longest, cpu, p99 } = JSON.parse(json);
  return { longest, cpu, p99 };
}

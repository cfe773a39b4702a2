import { fileURLToPath } from "node:url";
import { start } from "../support/processes.ts";
import { cpuSeconds } from "./process-figures.ts";
import type { Load } from "./relp-load.ts";

const GENERATOR = fileURLToPath(new URL("relp-load.js", import.meta.url));
const WINDOW = 4_096;
const LINE_BYTES = 100;

export type LoadShape = Pick<
  Load,
  "connections" | "executions" | "lines" | "linesPerFrame" | "isOpen" | "resume" | "tls"
>;

interface LoadRun {
  /** Bytes sent, in whole frames. */
  readonly lines: number;
  readonly linesPerSecond: number;
  /** Rate of opening, if executions are open before the clock starts. */
  readonly beginsPerSecond: number;
  /** Of the receiver. */
  readonly cpuMicrosecondsPerLine: number;
}

interface LoadOptions {
  readonly load: LoadShape & Pick<Load, "port" | "for">;
  /** The process whose CPU time counts. */
  readonly receiverPid: number;
  /** Resolves when everything is stored (so many bytes of rsyslogd's log), where an answer does not say that. */
  readonly stored?: (bytes: number) => Promise<void>;
}

/** Runs the load against a receiver. */
export async function runLoad({ load: shape, receiverPid, stored }: LoadOptions): Promise<LoadRun> {
  const lines = Math.ceil(shape.lines / shape.linesPerFrame) * shape.linesPerFrame;
  const load: Load = { ...shape, lines, lineBytes: LINE_BYTES, window: WINDOW };
  const generator = start(process.execPath, ["--max-old-space-size=4096", GENERATOR, JSON.stringify(load)]);
  const [, bytes, openingSeconds] = await generator.waitFor(/ready (\d+) (\S+)/, 120_000);
  const cpuBefore = cpuSeconds(receiverPid);
  const startedAt = performance.now();
  generator.stdin?.write("go\n");
  const whenStored = stored?.(Number(bytes)).then(() => (performance.now() - startedAt) / 1000);
  // By the generator's own clock: this process looks at it every few milliseconds only.
  const [, answeredAfter] = await generator.waitFor(/answered (\S+)/, 300_000);
  const seconds = Math.max(Number(answeredAfter), (await whenStored) ?? 0);
  const cpu = cpuSeconds(receiverPid) - cpuBefore;
  const beginsPerSecond = shape.executions / Number(openingSeconds);
  return { lines, linesPerSecond: lines / seconds, beginsPerSecond, cpuMicrosecondsPerLine: (cpu / lines) * 1e6 };
}

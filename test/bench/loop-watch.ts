import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/**
 * Loaded into the collector (`node --import`): measures the turns of its event loop with a timer of 1 ms. On SIGUSR2 it
 * prints `turns {"longest":MS,"cpu":MS,"p99":MS}` of those since the last one: the longest by the clock, the most
 * processor time of the main thread in one (a loaded machine lets a turn wait, too), and the 99th percentile.
 */
const EVERY_MS = 1;
const STDERR = 2;

if (isMainThread) watch();

function watch(): void {
  // proc(5): time on the processor in nanoseconds comes first. The kernel brings it up to date every few milliseconds.
  const file = openSync(`/proc/self/task/${process.pid}/schedstat`, "r");
  process.once("exit", () => closeSync(file));
  const text = Buffer.alloc(64);
  const cpuMs = (): number => {
    const bytes = readSync(file, text, 0, text.length, 0);
    return Number.parseInt(text.toString("latin1", 0, bytes), 10) / 1e6;
  };
  let turns: number[] = [];
  let cpu = 0;
  let lastMs = performance.now();
  let lastCpuMs = cpuMs();
  setInterval(() => {
    const [nowMs, nowCpuMs] = [performance.now(), cpuMs()];
    turns.push(nowMs - lastMs - EVERY_MS);
    cpu = Math.max(cpu, nowCpuMs - lastCpuMs);
    [lastMs, lastCpuMs] = [nowMs, nowCpuMs];
  }, EVERY_MS).unref();
  process.on("SIGUSR2", () => {
    turns.sort((a, b) => a - b);
    const p99 = turns[Math.floor(turns.length * 0.99)] ?? 0;
    writeSync(STDERR, `turns ${JSON.stringify({ longest: turns.at(-1) ?? 0, cpu, p99 })}\n`);
    turns = [];
    cpu = 0;
  });
}

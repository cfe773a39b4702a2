import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Random } from "./random.ts";

/** One case. Throws or rejects when a promise is broken. */
type FuzzCase = (random: Random) => Promise<void> | undefined | void;

/** A parser and the check of its promise. */
export interface FuzzTarget {
  readonly name: string;
  /** Its cases write files. */
  readonly isSlow?: true;
  /** Its cases start processes or wait: it gets one for so many of another's. */
  readonly casesPerCase?: number;
  /** Groups of this many cases share state and repeat together. */
  readonly inGroupsOf?: number;
  /** Makes the state that all cases share. */
  readonly begin: () => Promise<FuzzCase> | FuzzCase;
}

interface FuzzRun {
  readonly cases: number;
  readonly seed: number;
  /** The first case, to repeat one that failed. Default 0. */
  readonly from?: number;
  /** Called now and then; its absence means that a case hangs. */
  readonly onProgress?: (done: number) => void;
}

interface FuzzResult {
  readonly seconds: number;
  /** Growth of memory between the first tenth of the cases and the end. */
  readonly grownBytes: number;
}

const PROGRESS_EVERY = 4_096;
/** Yields to the event loop this often, so that deferred work does not pile up. */
const TURN_EVERY = 64;
/** Allowance for V8 itself: compiled code, its own caches. */
const MAX_GROWN_BYTES = 16_777_216;

/** Runs the cases of a target. Throws at the first broken promise, with the command that repeats the case. */
export async function fuzz(target: FuzzTarget, run: FuzzRun): Promise<FuzzResult> {
  const { cases, seed, from = 0, onProgress } = run;
  const check = await target.begin();
  const collect = garbageCollector();
  const startedAtMs = performance.now();
  const settled = from + Math.floor(cases / 10);
  // On a busy machine the start of a few processes may take seconds.
  const progressEvery = target.casesPerCase === undefined ? PROGRESS_EVERY : 1;
  let before = 0;
  for (let index = from; index < from + cases; index += 1) {
    if (index === settled) before = await usedBytes(collect);
    if (index % progressEvery === 0) onProgress?.(index);
    try {
      const pending = check(Random.ofCase(seed, index));
      // Awaiting a synchronous case would cost more than most cases.
      if (pending === undefined) continue;
      await pending;
      if (index % TURN_EVERY === 0) await nextTurn();
    } catch (error) {
      const first = index - (index % (target.inGroupsOf ?? 1));
      const again = `--seed ${seed} --from ${first} --cases ${(index - first + 1) * (target.casesPerCase ?? 1)} ${target.name}`;
      throw new Error(`${target.name}, case ${index}: ${error}; again: npm run fuzz -- ${again}`, { cause: error });
    }
  }
  const seconds = (performance.now() - startedAtMs) / 1_000;
  const grownBytes = (await usedBytes(collect)) - before;
  if (grownBytes > MAX_GROWN_BYTES)
    throw new Error(`${target.name} grew by ${grownBytes} bytes, limit is ${MAX_GROWN_BYTES}`);
  return { seconds, grownBytes };
}

async function usedBytes(collect: () => void): Promise<number> {
  // A buffer's owner is collected first, then the buffer, in another thread.
  for (let round = 0; round < 3; round += 1) {
    collect();
    await nextTurn();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** V8's collector, whatever options the process was started with. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  return typeof collect === "function" ? () => void collect() : () => {};
}

import { poll } from "../support/poll.ts";
import type { Result } from "../support/processes.ts";
import type { Relay, Site } from "../support/site.ts";
import type { Size, Verdict } from "./scenario.ts";
import { countNumbers, missingNumbers, storedBytes, wholeLogBytes } from "./stored-numbers.ts";

const JOB = "load";
/** Two cores carry collector, relays and mlruns, and other tests' as well. */
const PATIENCE_MS = 120_000;
/** Share of the output before the first fault. */
const SOON = 0.1;
/** The user's next mlrun delivers lines that wait in a node's spool. */
const NEXT_MLRUN_MS = 1_000;

/** A command on each node that prints numbers as fast as they are read, and the stored ones. */
export class NumberLoad {
  readonly #site: Site;
  readonly #relays: readonly Relay[];
  readonly #nodes: readonly string[];
  readonly #countPerNode: number;
  readonly #wholeBytes: number;
  readonly #runs: Promise<Result[]>;
  #hasEnded = false;

  constructor(options: { readonly site: Site; readonly relays: readonly Relay[]; readonly lines: number }) {
    const { site, relays, lines } = options;
    this.#site = site;
    this.#relays = relays;
    this.#nodes = relays.map(({ node }) => node);
    this.#countPerNode = Math.ceil(lines / relays.length);
    this.#wholeBytes = wholeLogBytes(this.#countPerNode) * relays.length;
    // One line a frame: the most frames for a fault to meet.
    const command = ["--job", JOB, "--quiet", "--one-line-frames", "--", "seq", String(this.#countPerNode)];
    this.#runs = Promise.all(relays.map((relay) => site.mlrun(relay, command))).finally(() => {
      this.#hasEnded = true;
    });
  }

  /** Share of all output that is stored. */
  get progress(): number {
    const bytes = this.#nodes.reduce((sum, node) => sum + storedBytes(this.#site.dataDir, node), 0);
    return bytes / this.#wholeBytes;
  }

  /** Every command has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /**
   * Injects at random moments spread over the output, the first soon.
   *
   * @returns How many faults were injected while output was in transit.
   */
  async inject(size: Size, fault: (i: number) => Promise<void>, random = Math.random): Promise<number> {
    let midway = 0;
    for (let i = 0; i < size.injections; i += 1) {
      const from = this.progress;
      const room = i === 0 ? SOON : (2 * (1 - from)) / (size.injections - i + 1);
      const next = from + random() * room;
      await this.#untilStored(next);
      if (this.progress < 1) midway += 1;
      await fault(i);
    }
    return midway;
  }

  async untilEnded(): Promise<void> {
    await this.#runs;
  }

  /** Waits until the commands have ended and all is delivered, then counts. */
  async verdict(injections: number): Promise<Verdict> {
    const problems: string[] = [];
    const results = await this.#runs;
    for (const { code, stderr } of results) {
      if (code !== 0) problems.push(`mlrun ended with ${code}: ${stderr}`);
      if (stderr.includes("not logged")) problems.push(stderr);
    }
    for (const relay of this.#relays) await this.#site.flushSpool(relay, PATIENCE_MS);
    const isComplete = await this.#untilComplete().catch((error: unknown) => {
      problems.push(String(error));
      return false;
    });
    if (!isComplete) problems.push(await this.#site.state(), ...results.map(({ stderr }) => `mlrun said: ${stderr}`));
    for (const node of this.#nodes) problems.push(...missingNumbers(this.#site.dataDir, node, this.#countPerNode));
    const counts = this.#nodes.map((node) => countNumbers(this.#site.dataDir, node, this.#countPerNode));
    return {
      injections,
      lines: counts.reduce((sum, { stored }) => sum + stored, 0),
      isExactlyOnce: counts.every((count) => count.isExactlyOnce),
      isInOrder: counts.every((count) => count.isInOrder),
      isComplete,
      problems,
    };
  }

  async #untilComplete(): Promise<boolean> {
    const api = await this.#site.api();
    const isDone = async () => {
      const all = await api.executions(`job=${JOB}`);
      const isEachDone = all.every(({ state, delivery }) => state === "finished" && delivery === "complete");
      return isEachDone && all.length === this.#relays.length;
    };
    await poll("every execution to be finished and complete", isDone, PATIENCE_MS);
    // Late lines are merged a moment after the last one came.
    const { dataDir } = this.#site;
    const isMerged = () => this.#nodes.every((node) => countNumbers(dataDir, node, this.#countPerNode).isInOrder);
    await poll("every late line to be merged", isMerged, PATIENCE_MS);
    return true;
  }

  async #untilStored(share: number): Promise<void> {
    let flushAtMs = Date.now() + NEXT_MLRUN_MS;
    // Nobody waits for them: on a busy machine they take long enough for all the rest to be stored.
    let flushes: Promise<unknown> | undefined;
    const isStored = () => {
      if (this.progress >= share) return true;
      if (flushes !== undefined || Date.now() < flushAtMs) return false;
      flushes = Promise.all(this.#relays.map((relay) => this.#site.mlrun(relay, ["--flush"]))).finally(() => {
        flushes = undefined;
        flushAtMs = Date.now() + NEXT_MLRUN_MS;
      });
      return false;
    };
    const what = `${Math.round(100 * share)} % to be stored`;
    await poll(what, isStored, PATIENCE_MS).catch(async (error: unknown) => {
      throw new Error(await this.#site.state(), { cause: error });
    });
  }
}

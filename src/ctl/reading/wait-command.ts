import { safeText } from "../../host/safe-text.ts";
import { parseDuration } from "../../text/time/duration.ts";
import type { Execution } from "../../wire/api.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { Command, Io } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { Output } from "../remote/output.ts";
import { note, type RemoteSettings, signedIn } from "../remote/session.ts";
import { newestRunOf, TARGET_OPTIONS, TARGET_RULE, targetOf } from "../remote/targets.ts";
import { worstStatusOf } from "./exit-status.ts";
import { follow, fromFirst } from "./follow.ts";
import { liveTarget } from "./merged-target.ts";

/** As timeout(1) has it. */
const TIMED_OUT = 124;
const MAX_TIMEOUT_MS = 2_147_483_647;

export const WAIT: CommandDescription = {
  name: "wait",
  summary: "wait until executions have ended",
  operands: "[ID|JOB|JOB@RUN]",
  operandCount: [0, 1],
  about: `Waits until an execution, or all of a run, have ended and all that they printed is stored. JOB alone is its newest run.${TARGET_RULE}`,
  options: {
    ...TARGET_OPTIONS,
    timeout: { value: "TIME", help: `wait no longer than 90s, 2h30m; then exit with ${TIMED_OUT}` },
    json: { help: "each execution as the API has it when it has ended, one JSON object a line" },
  },
  exitCodes: "Exit codes: the highest of the executions: 0 all were good, 128 + a signal's number, 1 lost.",
};

/** `mlctl wait`. */
export function waitCommand(settings: RemoteSettings): Command {
  return describedCommand(WAIT, async (options, io) => {
    const timeout = options.text("timeout");
    const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout);
    if (timeout !== undefined && (timeoutMs === undefined || timeoutMs > MAX_TIMEOUT_MS))
      throw new UsageError(`--timeout: expected 90s, 2h30m, at most 24 days, got ${JSON.stringify(timeout)}`);
    const collector = signedIn(settings);
    const target = await targetOf(collector, options, options.operands[0]);
    if (target === undefined) throw new UsageError("expected ID, JOB or JOB@RUN");
    const what = liveTarget(await newestRunOf(collector, target));
    const over = new AbortController();
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => over.abort(), timeoutMs);
    const progress = new Waited(io);
    const known = target.is === "execution" ? [fromFirst(target.execution)] : [];
    const onChange = async ({ x, node, state }: Pick<Execution, "x" | "node" | "state">) =>
      progress.show(safeText(`${node} ${x}`), state === "running");
    for (const { execution } of known) await onChange(execution);
    try {
      const last = await follow(collector, { what, known, wantsLines: false, onChange, signal: over.signal });
      progress.clear();
      if (over.signal.aborted) {
        note(io, `still running after ${timeout}${progress.words}`);
        return TIMED_OUT;
      }
      const output = new Output(io);
      if (options.has("json")) for (const execution of last) await output.json(execution);
      return worstStatusOf(last);
    } finally {
      clearTimeout(timer);
    }
  });
}

/** How many run, on a terminal. */
class Waited {
  readonly #io: Io;
  readonly #running = new Set<string>();
  readonly #all = new Set<string>();

  constructor(io: Io) {
    this.#io = io;
  }

  show(name: string, isRunning: boolean): void {
    this.#all.add(name);
    if (isRunning) this.#running.add(name);
    else this.#running.delete(name);
    if (this.#io.stderr.isTTY === true)
      this.#io.stderr.write(`\r${this.#running.size} of ${this.#all.size} run\u001b[K`);
  }

  /** Like `: 2 of 16, node1 01JD… and others`; empty while nothing is known. */
  get words(): string {
    const [first] = this.#running;
    const others = this.#running.size > 1 ? " and others" : "";
    return first === undefined ? "" : `: ${this.#running.size} of ${this.#all.size}, ${first}${others}`;
  }

  clear(): void {
    if (this.#io.stderr.isTTY === true && this.#all.size > 0) this.#io.stderr.write("\r\u001b[K");
  }
}

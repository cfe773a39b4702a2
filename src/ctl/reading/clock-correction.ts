import { formatDuration } from "../../text/time/duration.ts";
import type { Execution } from "../../wire/api.ts";
import type { Io } from "../command.ts";
import { note } from "../remote/session.ts";

/** Whether lines of several nodes are put in the order of the collector's clock, or of the nodes' own. */
export class ClockCorrection {
  readonly #isNodeClock: boolean;
  readonly #io: Io;
  readonly #told = new Set<string>();

  constructor(io: Io, { isNodeClock }: { readonly isNodeClock: boolean }) {
    this.#io = io;
    this.#isNodeClock = isNodeClock;
  }

  /** The execution as a merge shall see it. Says once for each node that its times are corrected. */
  apply(execution: Execution): Execution {
    const { clockMs, ...others } = execution;
    if (clockMs === undefined) return execution;
    if (this.#isNodeClock) return others;
    if (!this.#told.has(execution.node)) {
      this.#told.add(execution.node);
      const side = clockMs > 0 ? "behind" : "ahead";
      const difference = formatDuration(Math.abs(clockMs));
      note(
        this.#io,
        `${execution.node}'s clock is ${difference} ${side}: its lines are moved (--node-clock leaves them)`,
      );
    }
    return execution;
  }
}

import type { Execution } from "../../wire/api.ts";
import type { RunView } from "../../wire/fleet/run-view.ts";
import { follow } from "../reading/follow.ts";
import type { Collector } from "../remote/collector.ts";
import type { RemoteLine } from "../remote/lines.ts";

/** After a run's end, its last lines are on their way for no longer than a relay takes to connect again. */
const LAST_LINES_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 100;

interface RunOutputOptions {
  readonly collector: Collector;
  readonly run: Pick<RunView, "run" | "job" | "owner">;
  readonly onLine: (of: Execution, line: RemoteLine) => Promise<void>;
}

/** The lines of all executions of a run, merged as they arrive, each once. */
export class RunOutput {
  readonly #options: RunOutputOptions;
  /** By node: its execution, and the number of its last printed line. */
  readonly #executions = new Map<string, { execution: Execution; printed: number }>();
  readonly #done = new AbortController();

  constructor(options: RunOutputOptions) {
    this.#options = options;
  }

  /** Resolves once `end` or `detach` has had its effect. */
  async follow(): Promise<void> {
    const { collector, run, onLine } = this.#options;
    await follow(collector, {
      what: { job: run.job, run: run.run, owner: run.owner },
      known: [],
      wantsLines: true,
      onLine: async (execution, line) => {
        await onLine(execution, line);
        this.#note(execution, line.n);
      },
      onChange: async (execution) => this.#note(execution, 0),
      // Some have not begun: when all that are known have ended, it goes on.
      running: async () => [],
      signal: this.#done.signal,
    });
  }

  /** The run is done: `follow` ends once the remaining lines have been printed. */
  end(view: RunView): void {
    const untilMs = performance.now() + LAST_LINES_WITHIN_MS;
    const timer = setInterval(() => {
      if (!this.#isComplete(view) && performance.now() < untilMs) return;
      clearInterval(timer);
      this.#done.abort();
    }, LOOK_EVERY_MS);
  }

  detach(): void {
    this.#done.abort();
  }

  #note(execution: Execution, printed: number): void {
    const known = this.#executions.get(execution.node);
    this.#executions.set(execution.node, { execution, printed: Math.max(known?.printed ?? 0, printed) });
  }

  #isComplete({ nodes, argv }: RunView): boolean {
    // Files only.
    if (argv.length === 0) return true;
    return nodes.every(({ node, state, code, signal }) => {
      const known = this.#executions.get(node);
      // What was refused or never started has no execution.
      const hasRun = state === "finished" || (state === "failed" && (code !== null || signal !== null));
      if (known === undefined) return !hasRun;
      const { execution, printed } = known;
      return execution.state !== "running" && execution.delivery !== "receiving" && printed >= execution.lastN;
    });
  }
}

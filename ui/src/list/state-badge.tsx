import type { JSX } from "preact";
import type { Execution } from "../../../src/wire/api.ts";
import { Icon } from "../icon.tsx";
import { frame } from "../texts/en/frame.ts";

/** The state as icon and word, with how it ended. */
export function StateBadge({ execution }: { readonly execution: Execution }): JSX.Element {
  const { state } = execution;
  const ending = describeEnding(execution);
  return (
    <span class={`state state-${state}`} title={state === "lost" ? frame.lostTitle : undefined}>
      <Icon name={state} />
      {frame.states[state]}
      {ending === "" ? null : <span class="ending">{ending}</span>}
    </span>
  );
}

type Ending = Pick<Execution, "state" | "code" | "signal" | "timeoutMs" | "stoppedBy">;

/** "exit 3", "SIGKILL", "time limit", "stopped by alice", or nothing. */
export function describeEnding({ state, code, signal, timeoutMs, stoppedBy }: Ending): string {
  if (timeoutMs !== undefined) return frame.timeLimit;
  if (stoppedBy !== undefined) return frame.stoppedBy(stoppedBy);
  if (signal !== null) return signal;
  return state === "failed" && code !== null ? frame.exit(code) : "";
}

/** Whether everything is stored, and how much is missing. */
export function DeliveryNote({ execution }: { readonly execution: Execution }): JSX.Element {
  const missing = missingLines(execution);
  const { delivery } = execution;
  if (delivery === "incomplete") {
    return (
      <span class="delivery delivery-incomplete" title={incompleteBecause(execution)}>
        <Icon name="warning" />
        {missing > 0 ? frame.missing(missing) : frame.incomplete}
      </span>
    );
  }
  if (delivery === "complete") {
    return (
      <span class="delivery" title={frame.completeTitle}>
        {frame.complete}
      </span>
    );
  }
  const title = missing > 0 ? frame.earlierComing(missing) : frame.receivingTitle;
  return (
    <span class="delivery" title={title}>
      {frame.receiving}
    </span>
  );
}

function incompleteBecause({ state, discarded }: Execution): string {
  if (state === "lost") return frame.wentSilent;
  return discarded === undefined ? frame.neverArrived : frame.notAllStored;
}

/** Number of lines that are known but not stored. */
export function missingLines({ lastN, lines }: Pick<Execution, "lastN" | "lines">): number {
  return Math.max(0, lastN - lines);
}

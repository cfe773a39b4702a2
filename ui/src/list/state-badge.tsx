import type { JSX } from "preact";
import type { Execution } from "../../../src/wire/api.ts";
import { formatCount, formatLines } from "../format.ts";
import { Icon } from "../icon.tsx";

/** The state as icon and word, with how it ended. */
export function StateBadge({ execution }: { readonly execution: Execution }): JSX.Element {
  const { state } = execution;
  const ending = describeEnding(execution);
  return (
    <span class={`state state-${state}`} title={state === "lost" ? "Not heard of for 30 s" : undefined}>
      <Icon name={state} />
      {state}
      {ending === "" ? null : <span class="ending">{ending}</span>}
    </span>
  );
}

type Ending = Pick<Execution, "state" | "code" | "signal" | "timeoutMs" | "stoppedBy">;

/** "exit 3", "SIGKILL", "time limit", "stopped by alice", or nothing. */
export function describeEnding({ state, code, signal, timeoutMs, stoppedBy }: Ending): string {
  if (timeoutMs !== undefined) return "time limit";
  if (stoppedBy !== undefined) return `stopped by ${stoppedBy}`;
  if (signal !== null) return signal;
  return state === "failed" && code !== null ? `exit ${code}` : "";
}

/** Whether everything is stored, and how much is not. */
export function DeliveryNote({ execution }: { readonly execution: Execution }): JSX.Element {
  const missing = missingLines(execution);
  const { delivery } = execution;
  if (delivery === "incomplete") {
    return (
      <span class="delivery delivery-incomplete" title={incompleteBecause(execution)}>
        <Icon name="warning" />
        {missing > 0 ? `${formatLines(missing)} missing` : "incomplete"}
      </span>
    );
  }
  if (delivery === "complete") {
    return (
      <span class="delivery" title="Every line that was printed is stored">
        complete
      </span>
    );
  }
  const title = missing > 0 ? `${formatCount(missing)} earlier lines are on their way` : "Lines are still arriving";
  return (
    <span class="delivery" title={title}>
      receiving
    </span>
  );
}

function incompleteBecause({ state, discarded }: Execution): string {
  if (state === "lost") return "It went silent: what it printed since then is not known";
  return discarded === undefined ? "Printed, but never arrived" : "Not all was stored: see the log for the limit";
}

/** How many lines are known of and not stored. */
export function missingLines({ lastN, lines }: Pick<Execution, "lastN" | "lines">): number {
  return Math.max(0, lastN - lines);
}

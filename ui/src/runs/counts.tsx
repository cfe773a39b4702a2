import type { JSX } from "preact";
import type { StateCounts } from "../../../src/wire/runs.ts";
import { Icon } from "../icon.tsx";
import { frame } from "../texts/en/frame.ts";

/** How many executions are in each state. */
export function Counts({ of }: { readonly of: StateCounts }): JSX.Element {
  const states = (["running", "failed", "lost", "finished"] as const).filter((state) => of[state] > 0);
  return (
    <span class="job-counts">
      {states.map((state) => (
        <span key={state} class={`state state-${state}`}>
          <Icon name={state} />
          {frame.inState[state](of[state])}
        </span>
      ))}
    </span>
  );
}

import type { JSX } from "preact";
import type { Execution } from "../../../src/wire/api.ts";
import { visibleText } from "../text/visible-control.ts";

const MOST_SHOWN = 3;
/** Labels that differ from execution to execution. */
const OF_EACH: readonly string[] = ["rank", "local_rank", "task"];

/** The labels that all loaded executions of a run have in common. */
export function RunLabels({ executions }: { readonly executions: readonly Execution[] }): JSX.Element | null {
  const [first, ...others] = executions;
  const common = Object.entries(first?.labels ?? {}).filter(
    ([key, value]) => !OF_EACH.includes(key) && others.every(({ labels }) => labels[key] === value),
  );
  if (common.length === 0) return null;
  const words = common.map(([key, value]) => visibleText(`${key}=${value}`));
  return (
    <span class="run-labels" title={words.join("\n")}>
      {words.slice(0, MOST_SHOWN).map((label) => (
        <span key={label} class="tag">
          {label}
        </span>
      ))}
    </span>
  );
}

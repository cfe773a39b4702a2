import type { JSX } from "preact";
import type { DryRunOnNode } from "../../../src/wire/fleet/dry-run.ts";
import { REFUSALS } from "../../../src/wire/fleet/refusal.ts";

const WORDS: Readonly<Record<DryRunOnNode["answer"], string>> = {
  would: "would start it",
  waiting: "would wait",
  refused: "would refuse it",
  failed: "would fail",
  absent: "absent",
  silent: "does not answer",
};
const REASONS: Readonly<Record<string, string>> = { cwd: "the folder is missing there, or closed to you", ...REFUSALS };

/** What each node says to a dry run. */
export function DryRunAnswers({ nodes }: { readonly nodes: readonly DryRunOnNode[] }): JSX.Element {
  return (
    <section class="run-card" aria-label="Would the nodes?">
      <ul>
        {nodes.map((each) => (
          <li key={each.node}>
            <span>{each.node}</span>
            <span class={`run-state ${each.answer === "would" ? "finished" : "failed"}`}>{wordsOf(each)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function wordsOf({ answer, why, text }: DryRunOnNode): string {
  const reason = text || (REASONS[why] ?? why);
  return `${WORDS[answer]}${reason === "" ? "" : `: ${reason}`}`;
}

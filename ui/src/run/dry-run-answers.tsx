import type { JSX } from "preact";
import type { DryRunOnNode } from "../../../src/wire/fleet/dry-run.ts";
import { run as t } from "../texts/en/run.ts";
import { reasonOf } from "./state-words.ts";

/** Each node's answer to a dry run. */
export function DryRunAnswers({ nodes }: { readonly nodes: readonly DryRunOnNode[] }): JSX.Element {
  return (
    <section class="run-card" aria-label={t.wouldThey}>
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
  const reason = reasonOf({ why, text });
  return `${t.answers[answer]}${reason === "" ? "" : `: ${reason}`}`;
}

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RunOnNode, RunView } from "../../../src/wire/fleet/run-view.ts";
import { parseExecutionId } from "../../../src/wire/ids.ts";
import type { JsonClient } from "../api/json-client.ts";
import { visibleText } from "../text/visible-control.ts";
import { run as t } from "../texts/en/run.ts";
import { FleetClient } from "./fleet-client.ts";
import { stateLook, stateWords } from "./state-words.ts";
import { useFleetRun } from "./use-fleet-run.ts";

export interface NeverStartedProps {
  readonly api: JsonClient;
  readonly run: string;
  readonly owner: string;
}

/** States of nodes that did start: those are executions, listed beside this. */
const STARTED: readonly RunOnNode["state"][] = ["started", "finished", "failed"];

/** Nodes on which an ordered run has not started, or may not have run to its end, with the reason, live. */
export function NeverStarted({ api, run, owner }: NeverStartedProps): JSX.Element | null {
  const [known, setKnown] = useState<RunView | undefined>(undefined);
  useEffect(() => {
    let isGone = false;
    setKnown(undefined);
    // An order's run has an id of this form.
    if (parseExecutionId(run) === undefined) return undefined;
    void new FleetClient(api).run({ run, owner }).then((answer) => {
      if (answer.ok && answer.value !== null && !isGone) setKnown(answer.value);
    });
    return () => {
      isGone = true;
    };
  }, [api, run, owner]);
  return known === undefined ? null : <Others key={known.run} api={api} known={known} />;
}

function Others({ api, known }: { readonly api: JsonClient; readonly known: RunView }): JSX.Element | null {
  const { nodes } = useFleetRun(api, known);
  const others = nodes.filter(({ state }) => !STARTED.includes(state));
  if (others.length === 0) return null;
  return (
    <ul class="never-started" aria-label={t.withoutExecution}>
      {others.map((each) => (
        <li key={each.node}>
          <b>{each.node}</b> <span class={`run-state ${stateLook(each.state)}`}>{visibleText(stateWords(each))}</span>
        </li>
      ))}
    </ul>
  );
}

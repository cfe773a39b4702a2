import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { RunView } from "../../../src/wire/fleet/run-view.ts";
import type { ApiClient } from "../api-client.ts";
import { Link } from "../link.tsx";
import type { Navigation } from "../navigation.ts";
import { placeOfExecution, placeOfRun } from "../place-of.ts";
import { run as t } from "../texts/en/run.ts";
import { stateLook, stateWords } from "./state-words.ts";
import { useFleetRun } from "./use-fleet-run.ts";
import { failedNodes } from "./work-again.ts";

interface RunCardProps {
  readonly api: ApiClient;
  readonly navigation: Navigation;
  readonly known: RunView;
  readonly showOwner: boolean;
  /** Resolves with what went wrong, if anything. */
  readonly onStop: (view: RunView) => Promise<string | undefined>;
  readonly onContinue: (view: RunView) => Promise<string | undefined>;
  readonly onAgain: (view: RunView, nodes: readonly string[]) => Promise<string | undefined>;
}

/** The command as typed: this dialogue starts commands with `sh -c`. */
function commandText(argv: readonly string[]): string {
  const [shell, option, command] = argv;
  return shell === "sh" && option === "-c" && command !== undefined ? command : argv.join(" ");
}

/** A run: its live state on each node, including those where it never started, and why. */
export function RunCard({ api, navigation, known, showOwner, onStop, onContinue, onAgain }: RunCardProps): JSX.Element {
  const view = useFleetRun(api, known);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const failed = failedNodes(view);
  const { run, owner, job, argv, nodes, isDone } = view;
  return (
    <article class="run-card" aria-label={t.runOf(job)}>
      <header>
        <Link navigation={navigation} to={placeOfRun({ job, run, owner }, showOwner)} title={t.output}>
          {job}
        </Link>
        <code class="quiet">{commandText(argv)}</code>
        <span class="spring" />
        {view.isPaused ? (
          <button type="button" class="plain" onClick={() => void onContinue(view).then(setProblem)}>
            {t.goOn}
          </button>
        ) : null}
        {isDone ? null : (
          <button type="button" class="stop" onClick={() => void onStop(view).then(setProblem)}>
            {t.stop}
          </button>
        )}
        {isDone && failed.length > 0 ? (
          <button type="button" class="plain" onClick={() => void onAgain(view, failed).then(setProblem)}>
            {t.again(failed.length)}
          </button>
        ) : null}
      </header>
      <ul>
        {nodes.map((each) => (
          <li key={each.node}>
            <Link navigation={navigation} to={placeOfExecution({ x: each.x, node: each.node, owner }, showOwner)}>
              {each.node}
            </Link>
            <span class={`run-state ${stateLook(each.state)}`}>{stateWords(each)}</span>
          </li>
        ))}
      </ul>
      <p role="alert" class="problem">
        {problem}
      </p>
    </article>
  );
}

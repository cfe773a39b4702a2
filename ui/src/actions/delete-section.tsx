import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { formatBytes, formatCount } from "../format.ts";
import { visibleText } from "../text/visible-control.ts";
import type { ActionsClient, Pruned } from "./actions-client.ts";
import { type Thing, thingWords } from "./thing.ts";

interface DeleteSectionProps {
  readonly client: ActionsClient;
  readonly thing: Thing;
  readonly onGone: () => void;
}

/** Deletes in two steps: the first says what would go, the second has another button in another place. */
export function DeleteSection({ client, thing, onGone }: DeleteSectionProps): JSX.Element {
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [asked, setAsked] = useState<{ readonly of: Pruned | undefined } | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);

  const ask = async (): Promise<void> => {
    setProblem(undefined);
    if ("x" in thing) return setAsked({ of: undefined });
    setBusy(true);
    const answer = await client.prune(thing, { dryRun: true });
    setBusy(false);
    if (!answer.ok) setProblem(answer.message);
    else if (answer.value === undefined) setProblem("The answer was cut off: try again");
    else if (answer.value.executions === 0) setProblem(nothingWords(answer.value));
    else setAsked({ of: answer.value });
  };
  const remove = async (): Promise<void> => {
    setBusy(true);
    const answer = "x" in thing ? await client.deleteExecution(thing) : await client.prune(thing, { dryRun: false });
    setBusy(false);
    setAsked(undefined);
    if (answer.ok) onGone();
    else setProblem(answer.message);
  };

  return (
    <section aria-labelledby="actions-delete">
      <h3 id="actions-delete">Delete</h3>
      {asked === undefined ? (
        <button type="button" class="stop" disabled={isBusy} onClick={() => void ask()}>
          Delete…
        </button>
      ) : (
        <Confirmation
          words={
            asked.of === undefined
              ? `Delete ${visibleText(thingWords(thing))}, with all its lines?`
              : `Delete ${goneWords(asked.of)} of ${visibleText(thingWords(thing))}?`
          }
          isBusy={isBusy}
          onCancel={() => setAsked(undefined)}
          onConfirm={() => void remove()}
        />
      )}
      <p role="alert" class="problem">
        {problem}
      </p>
    </section>
  );
}

interface ConfirmationProps {
  readonly words: string;
  readonly isBusy: boolean;
  readonly onCancel: () => void;
  readonly onConfirm: () => void;
}

/** Enter cancels: a second press of the same key deletes nothing. */
function Confirmation({ words, isBusy, onCancel, onConfirm }: ConfirmationProps): JSX.Element {
  const cancel = useRef<HTMLButtonElement>(null);
  useEffect(() => cancel.current?.focus(), []);
  return (
    <div class="confirm" role="alertdialog" aria-label="Delete for good?" aria-describedby="confirm-words">
      <p id="confirm-words">{words} Nobody can bring it back.</p>
      <button type="button" class="plain" ref={cancel} onClick={onCancel}>
        Cancel
      </button>
      <button type="button" class="stop" disabled={isBusy} onClick={onConfirm}>
        Delete for good
      </button>
    </div>
  );
}

/** "12 executions (3.4 MB); 2 are kept and stay". */
function goneWords({ executions, bytes, held }: Pruned): string {
  const gone = `${formatCount(executions)} ${executions === 1 ? "execution" : "executions"} (${formatBytes(bytes)})`;
  return held === 0 ? gone : `${gone}, without ${formatCount(held)} that ${held === 1 ? "is" : "are"} kept,`;
}

function nothingWords({ held }: Pruned): string {
  return held > 0 ? "All of it is kept: release it first" : "Nothing of it has ended: delete it after its end";
}

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { visibleText } from "../text/visible-control.ts";
import { actions as t } from "../texts/en/actions.ts";
import { frame } from "../texts/en/frame.ts";
import type { ActionsClient, Pruned } from "./actions-client.ts";
import { goneWords, leftWords, nothingWords } from "./prune-words.ts";
import { type Thing, thingWords } from "./thing.ts";

interface DeleteSectionProps {
  readonly client: ActionsClient;
  readonly thing: Thing;
  readonly onGone: () => void;
}

/** Deletes in two steps: the first shows what would be deleted, the second has another button in another place. */
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
    else if (answer.value === undefined) setProblem(t.cutOff);
    else if (answer.value.executions === 0) setProblem(nothingWords(answer.value));
    else setAsked({ of: answer.value });
  };
  const remove = async (): Promise<void> => {
    setBusy(true);
    const left = await deleted();
    setBusy(false);
    setAsked(undefined);
    if (left === undefined) onGone();
    else setProblem(left);
  };
  /** Resolves with a text if something is left: what, and why. */
  const deleted = async (): Promise<string | undefined> => {
    if ("x" in thing) {
      const answer = await client.deleteExecution(thing);
      return answer.ok ? undefined : answer.message;
    }
    const answer = await client.prune(thing, { dryRun: false });
    return answer.ok ? leftWords(answer.value) : answer.message;
  };

  return (
    <section aria-labelledby="actions-delete">
      <h3 id="actions-delete">{t.delete}</h3>
      {asked === undefined ? (
        <button type="button" class="stop" disabled={isBusy} onClick={() => void ask()}>
          {t.askDelete}
        </button>
      ) : (
        <Confirmation
          words={
            asked.of === undefined
              ? t.deleteAll(visibleText(thingWords(thing)))
              : t.deleteOf(goneWords(asked.of), visibleText(thingWords(thing)))
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
  // Before the first paint: a key pressed at once must not go elsewhere.
  useLayoutEffect(() => cancel.current?.focus(), []);
  return (
    <div class="confirm" role="alertdialog" aria-label={t.askForGood} aria-describedby="confirm-words">
      <p id="confirm-words">
        {words} {t.noWayBack}
      </p>
      <button type="button" class="plain" ref={cancel} onClick={onCancel}>
        {frame.cancel}
      </button>
      <button type="button" class="stop" disabled={isBusy} onClick={onConfirm}>
        {t.deleteForGood}
      </button>
    </div>
  );
}

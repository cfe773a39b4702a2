import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { plainText } from "../../text/segments.ts";
import { frame } from "../../texts/en/frame.ts";
import { inside as t } from "../../texts/en/inside.ts";
import { earlierStates } from "../feed/line-states.ts";
import type { LogRow } from "../feed/log-row.ts";

/** States shown at once: the last ones. */
const MAX_STATES = 1_000;

interface RowStatesProps {
  readonly row: LogRow;
  readonly onClose: () => void;
}

/** All states kept of a redrawn row. */
export function RowStates({ row, onClose }: RowStatesProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, [row]);
  const states = earlierStates(row);
  const shown = states.slice(-MAX_STATES);
  return (
    <dialog ref={dialog} class="key-help row-states" aria-labelledby="row-states-title" onClose={onClose}>
      <h2 id="row-states-title">
        {shown.length < row.redraws + 1 ? t.lastStates(shown.length, row.n) : t.states(shown.length, row.n)}
      </h2>
      <ol>
        {shown.map((state, at) => (
          <li key={at}>{plainText(state)}</li>
        ))}
      </ol>
      <button type="button" class="primary" onClick={onClose}>
        {frame.close}
      </button>
    </dialog>
  );
}

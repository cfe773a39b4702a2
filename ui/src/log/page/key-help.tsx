import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { frame } from "../../texts/en/frame.ts";

interface KeyHelpProps {
  readonly isOpen: boolean;
  readonly keys: readonly (readonly [keys: string, what: string])[];
  readonly onClose: () => void;
}

export function KeyHelp({ isOpen, keys, onClose }: KeyHelpProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class="key-help" aria-labelledby="key-help-title" onClose={onClose}>
      <h2 id="key-help-title">{frame.keys}</h2>
      <dl>
        {keys.map(([names, what]) => (
          <div key={names}>
            <dt>
              {names.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button type="button" class="primary" onClick={onClose}>
        {frame.close}
      </button>
    </dialog>
  );
}

import type { JSX } from "preact";
import type { Board, SilentOne } from "../../../src/wire/board.ts";
import { formatCount, formatDuration } from "../format.ts";
import { Icon } from "../icon.tsx";
import { placeWords } from "./board-order.ts";

interface SilentNoteProps {
  readonly board: Pick<Board, "silent" | "silentCount" | "usualMs">;
  readonly onChoose: (one: SilentOne) => void;
}

/** Names the running executions that are much quieter than the others. */
export function SilentNote({ board, onChoose }: SilentNoteProps): JSX.Element | null {
  const { silent, silentCount, usualMs } = board;
  if (silent.length === 0) return null;
  const others = usualMs === null ? "" : `; usual in this run: ${formatDuration(usualMs)}`;
  return (
    <p class="silent-note" title={`Quieter than ten times the others' median${others}`}>
      <Icon name="warning" />
      {silent.map((one) => (
        <button key={`${one.x} ${one.node}`} type="button" class="plain" onClick={() => onChoose(one)}>
          <strong>{placeWords(one)}</strong> silent {formatDuration(one.quietMs)}
        </button>
      ))}
      {silentCount > silent.length ? <span>and {formatCount(silentCount - silent.length)} more</span> : null}
    </p>
  );
}

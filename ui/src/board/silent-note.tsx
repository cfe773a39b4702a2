import type { JSX } from "preact";
import type { Board, SilentOne } from "../../../src/wire/board.ts";
import { formatDuration } from "../format.ts";
import { Icon } from "../icon.tsx";
import { board as t } from "../texts/en/board.ts";
import { placeWords } from "./board-order.ts";

interface SilentNoteProps {
  readonly board: Pick<Board, "silent" | "silentCount" | "usualMs">;
  readonly onChoose: (one: SilentOne) => void;
}

/** Names the running executions that are much quieter than the others. */
export function SilentNote({ board, onChoose }: SilentNoteProps): JSX.Element | null {
  const { silent, silentCount, usualMs } = board;
  if (silent.length === 0) return null;
  const others = usualMs === null ? "" : t.usual(formatDuration(usualMs));
  return (
    <p class="silent-note" title={`${t.silentTitle}${others}`}>
      <Icon name="warning" />
      {silent.map((one) => (
        <button key={`${one.x} ${one.node}`} type="button" class="plain" onClick={() => onChoose(one)}>
          <strong>{placeWords(one)}</strong> {t.silent(formatDuration(one.quietMs))}
        </button>
      ))}
      {silentCount > silent.length ? <span>{t.andMore(silentCount - silent.length)}</span> : null}
    </p>
  );
}

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { BoardCell } from "../../../src/wire/board.ts";
import type { ApiClient } from "../api-client.ts";
import { plainText } from "../text/segments.ts";
import { frame } from "../texts/en/frame.ts";
import { placeWords } from "./board-order.ts";
import { stateWords } from "./cell-words.ts";

interface CellTipProps {
  readonly api: Pick<ApiClient, "lastLines">;
  readonly cell: BoardCell;
  readonly owner: string;
  /** The cell's element. */
  readonly at: HTMLElement;
}

/** Delay before asking for lines: the pointer crosses cells on its way. */
const ASK_AFTER_MS = 120;
const WIDTH_PX = 420;
const MAX_CHARACTERS = 300;

/** State and last line of the cell under the pointer. */
export function CellTip({ api, cell, owner, at }: CellTipProps): JSX.Element {
  const { x, node, lastN } = cell;
  const [line, setLine] = useState<string | undefined>(undefined);
  useEffect(() => {
    let isLeft = false;
    const timer = setTimeout(() => {
      void api.lastLines({ x, node, owner }, { count: 1 }).then((answer) => {
        if (!isLeft && answer.ok) setLine(plainText(answer.value[0]?.text ?? "").slice(0, MAX_CHARACTERS));
      });
    }, ASK_AFTER_MS);
    return () => {
      isLeft = true;
      clearTimeout(timer);
    };
  }, [api, x, node, owner, lastN]);
  const box = at.getBoundingClientRect();
  const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - WIDTH_PX - 8));
  return (
    <div class="cell-tip" role="status" style={{ left: `${left}px`, top: `${box.bottom + 6}px` }}>
      <strong>{placeWords(cell)}</strong> {stateWords(cell)}
      <span class="quiet"> · {frame.lines(lastN)}</span>
      {line === undefined || line === "" ? null : <code>{line}</code>}
    </div>
  );
}

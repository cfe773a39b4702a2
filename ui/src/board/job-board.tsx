import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { BoardCell, BoardPlace } from "../../../src/wire/board.ts";
import { MAX_BOARD_CELLS } from "../../../src/wire/board.ts";
import type { ApiClient } from "../api-client.ts";
import type { Navigation } from "../navigation.ts";
import { board as t } from "../texts/en/board.ts";
import type { JobPlace } from "../url-state.ts";
import { BoardGrid } from "./board-grid.tsx";
import { BOARD_ORDERS, type BoardOrder, orderCells } from "./board-order.ts";
import { CellTip } from "./cell-tip.tsx";
import { FirstFailureNote } from "./first-failure-note.tsx";
import type { RunBoard } from "./run-board.ts";
import { SilentNote } from "./silent-note.tsx";

export interface JobBoardProps {
  readonly api: ApiClient;
  readonly runBoard: RunBoard;
  readonly navigation: Navigation;
  readonly place: JobPlace;
  readonly run: string;
  readonly owner: string | undefined;
  readonly showOwner: boolean;
}

const NOTHING: readonly string[] = [];

/** All executions of a run at a glance, above its lines. Null for a run of one execution that has not failed. */
export function JobBoard(props: JobBoardProps): JSX.Element | null {
  const { api, runBoard, navigation, place, run, owner, showOwner } = props;
  const [answers, setAnswers] = useState(runBoard.answers);
  const [look, setLook] = useState<{ readonly cell: BoardCell; readonly at: HTMLElement } | undefined>(undefined);
  const [order, setOrder] = useState<BoardOrder>("rank");
  useEffect(() => {
    const stop = runBoard.watch({ job: place.job, run, owner }, () => setAnswers(runBoard.answers));
    const onSight = (): void => runBoard.refresh();
    document.addEventListener("visibilitychange", onSight);
    return () => {
      document.removeEventListener("visibilitychange", onSight);
      stop();
    };
  }, [runBoard, place.job, run, owner]);
  const { board } = runBoard;
  const cells = useMemo(() => orderCells(board?.cells ?? [], order), [board, order]);
  if (board === undefined || board.run !== run || cells.length < 2) return null;
  const only = place.only ?? NOTHING;
  const hasRanks = cells.some(({ rank }) => rank !== undefined);
  const show = (chosen: readonly string[]): void => {
    const { place: now } = navigation;
    if (now.view === "job") navigation.adjust({ ...now, run, only: chosen.length === 0 ? undefined : chosen, top: "" });
  };
  const choose = ({ x }: BoardPlace, isAdded = false): void => {
    const others = only.filter((each) => each !== x);
    if (isAdded) show(others.length < only.length ? others : [...only, x]);
    else show(only.length === 1 && only[0] === x ? [] : [x]);
  };
  return (
    <section class="board" aria-label={t.name}>
      {board.first === null ? null : (
        <FirstFailureNote
          api={api}
          first={board.first}
          owner={board.owner}
          navigation={navigation}
          showOwner={showOwner}
        />
      )}
      <SilentNote board={board} onChoose={(one) => show([one.x])} />
      <div class="board-cells">
        <BoardGrid
          cells={cells}
          hasPrinted={(cell) => runBoard.hasPrinted(cell)}
          answers={answers}
          only={only}
          onChoose={choose}
          onLook={(cell, at) => setLook(cell === undefined || at === undefined ? undefined : { cell, at })}
        />
        <div class="board-tools">
          {hasRanks ? <OrderChoice order={order} onChange={setOrder} /> : null}
          {only.length === 0 ? null : (
            <button type="button" class="plain" onClick={() => show([])}>
              {t.showAll(cells.length)}
            </button>
          )}
          {board.isPartial ? <span class="quiet">{t.partial(MAX_BOARD_CELLS)}</span> : null}
        </div>
      </div>
      {look === undefined ? null : <CellTip api={api} cell={look.cell} owner={board.owner} at={look.at} />}
    </section>
  );
}

function OrderChoice(props: {
  readonly order: BoardOrder;
  readonly onChange: (order: BoardOrder) => void;
}): JSX.Element {
  const change = (value: string): void => props.onChange(BOARD_ORDERS.find((order) => order === value) ?? "rank");
  return (
    <label>
      <span class="for-screen-readers">{t.order}</span>
      <select value={props.order} onChange={(event) => change(event.currentTarget.value)}>
        {BOARD_ORDERS.map((order) => (
          <option key={order} value={order}>
            {t.orders[order]}
          </option>
        ))}
      </select>
    </label>
  );
}

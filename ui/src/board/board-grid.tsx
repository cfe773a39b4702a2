import type { JSX } from "preact";
import { Component, createRef } from "preact";
import type { BoardCell } from "../../../src/wire/board.ts";
import { board } from "../texts/en/board.ts";
import { placeWords, shortName } from "./board-order.ts";
import { stateWords } from "./cell-words.ts";

interface BoardGridProps {
  /** In order. A new array means a change. */
  readonly cells: readonly BoardCell[];
  readonly hasPrinted: (cell: BoardCell) => boolean;
  /** Its parity changes with each answer, so that pulses restart. */
  readonly answers: number;
  /** Executions whose lines are shown below; empty: all. */
  readonly only: readonly string[];
  readonly onChoose: (cell: BoardCell, isAdded: boolean) => void;
  /** Called with the cell under the pointer or with the focus. */
  readonly onLook: (cell: BoardCell | undefined, at: HTMLElement | undefined) => void;
}

/** With more cells there is no room for names, and shapes alone show the state. */
const MOST_NAMED = 128;

/** One cell per execution, coloured and shaped by state. One is in the tab order; arrow keys go to the others. */
export class BoardGrid extends Component<BoardGridProps> {
  readonly #grid = createRef<HTMLDivElement>();
  #reachable = 0;

  override shouldComponentUpdate({ cells, only }: BoardGridProps): boolean {
    return cells !== this.props.cells || only !== this.props.only;
  }

  override render({ cells, hasPrinted, answers, only }: BoardGridProps): JSX.Element {
    const isNamed = cells.length <= MOST_NAMED;
    const chosen = new Set(only);
    const pulse = answers % 2 === 0 ? " pulse-even" : " pulse-odd";
    this.#reachable = Math.min(this.#reachable, Math.max(0, cells.length - 1));
    return (
      <div
        ref={this.#grid}
        class={`board-grid ${isNamed ? "named" : "dense"}`}
        role="toolbar"
        aria-label={board.cells}
        onClick={this.#onClick}
        onKeyDown={this.#onKey}
        onPointerOver={this.#onLook}
        onFocusIn={this.#onLook}
        onPointerLeave={() => this.props.onLook(undefined, undefined)}
        onFocusOut={() => this.props.onLook(undefined, undefined)}
      >
        {cells.map((cell, index) => (
          <button
            key={`${cell.x} ${cell.node}`}
            type="button"
            class={`cell cell-${cell.state}${cell.isSilent === true ? " silent" : ""}${hasPrinted(cell) ? pulse : ""}`}
            data-cell={index}
            tabIndex={index === this.#reachable ? 0 : -1}
            aria-pressed={chosen.has(cell.x)}
            aria-label={`${placeWords(cell)}, ${stateWords(cell)}`}
          >
            {isNamed ? <span>{shortName(cell)}</span> : null}
          </button>
        ))}
      </div>
    );
  }

  #elementOf(target: EventTarget | null): HTMLElement | undefined {
    const found = target instanceof Element ? target.closest<HTMLElement>("[data-cell]") : null;
    return found ?? undefined;
  }

  readonly #onClick = (event: MouseEvent): void => {
    const element = this.#elementOf(event.target);
    const cell = this.props.cells[Number(element?.dataset["cell"])];
    if (cell !== undefined) this.props.onChoose(cell, event.ctrlKey || event.metaKey);
  };

  readonly #onLook = (event: Event): void => {
    const element = this.#elementOf(event.target);
    this.props.onLook(this.props.cells[Number(element?.dataset["cell"])], element);
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const at = Number(this.#elementOf(event.target)?.dataset["cell"]);
    const to = Number.isNaN(at) ? undefined : this.#indexBy(event.key, at);
    const next = to === undefined ? null : this.#grid.current?.children.item(to);
    if (to === undefined || !(next instanceof HTMLElement)) return;
    event.preventDefault();
    // Here the arrow keys move on the board, not in the lines.
    event.stopPropagation();
    this.#grid.current?.children.item(this.#reachable)?.setAttribute("tabindex", "-1");
    this.#reachable = to;
    next.setAttribute("tabindex", "0");
    next.focus();
  };

  #indexBy(key: string, at: number): number | undefined {
    const last = this.props.cells.length - 1;
    const moves: Readonly<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + this.#columns,
      ArrowUp: at - this.#columns,
      Home: 0,
      End: last,
    };
    const to = moves[key];
    return to === undefined ? undefined : Math.max(0, Math.min(last, to));
  }

  /** Number of cells in a row at this width. */
  get #columns(): number {
    const children = [...(this.#grid.current?.children ?? [])];
    const top = children[0]?.getBoundingClientRect().top;
    const next = children.findIndex((child) => child.getBoundingClientRect().top !== top);
    return next < 0 ? children.length : next;
  }
}

import type { Board } from "../../../src/wire/board.ts";
import type { Answer } from "../api/json-client.ts";

/** How often a board is fetched while something runs; less often the larger it is. */
const ASK_EVERY_MS = 1_500;
const ASK_EVERY_MS_PER_CELL = 1;
/** The same when nothing runs: an END may come late, or a rank start again. */
const ASK_ENDED_EVERY_MS = 15_000;

/** One launch of a job; without an owner, of the only user who has such a job. */
interface BoardName {
  readonly job: string;
  readonly run: string;
  readonly owner?: string | undefined;
}

interface RunBoardOptions {
  readonly ask: (name: BoardName) => Promise<Answer<Board>>;
  readonly after: (ms: number, call: () => void) => () => void;
  /** False for a page in the background, which asks for nothing. */
  readonly isVisible: () => boolean;
}

/** The board of the run shown, polled. It survives changes in how the page shows the run. */
export class RunBoard {
  readonly #options: RunBoardOptions;
  #name: BoardName | undefined;
  #board: Board | undefined;
  #answers = 0;
  #before = new Map<string, number>();
  #stopWaiting: () => void = () => undefined;
  #isAsking = false;
  #listener: () => void = () => undefined;

  constructor(options: RunBoardOptions) {
    this.#options = options;
  }

  get board(): Board | undefined {
    return this.#board;
  }

  /** Grows with each answer. */
  get answers(): number {
    return this.#answers;
  }

  /** Whether an execution printed between the last two answers. */
  hasPrinted({ x, node, lastN }: Board["cells"][number]): boolean {
    const before = this.#before.get(`${x} ${node}`);
    return before !== undefined && lastN > before;
  }

  /** Polls this run's board from now on, and reports each answer. Returns a function that stops asking. */
  watch(name: BoardName, listener: () => void): () => void {
    const { job, run, owner } = name;
    const known = this.#board;
    const isSame = known?.job === job && known.run === run && (owner === undefined || known.owner === owner);
    if (!isSame) this.#board = undefined;
    this.#name = name;
    this.#listener = listener;
    this.#ask();
    return () => {
      if (this.#name !== name) return;
      this.#name = undefined;
      this.#stopWaiting();
    };
  }

  /** Call when something has changed, or the page is visible again. */
  refresh(): void {
    this.#ask();
  }

  #ask(): void {
    const name = this.#name;
    if (name === undefined || this.#isAsking) return;
    this.#stopWaiting();
    const { ask, after, isVisible } = this.#options;
    if (!isVisible()) {
      this.#stopWaiting = after(ASK_EVERY_MS, () => this.#ask());
      return;
    }
    this.#isAsking = true;
    void ask(name).then((answer) => {
      this.#isAsking = false;
      if (this.#name !== name) return this.#ask();
      if (answer.ok) this.#take(answer.value);
      const cells = this.#board?.cells ?? [];
      const isOver = cells.length > 0 && cells.every(({ state }) => state !== "running");
      const everyMs = isOver ? ASK_ENDED_EVERY_MS : ASK_EVERY_MS;
      this.#stopWaiting = after(everyMs + cells.length * ASK_EVERY_MS_PER_CELL, () => this.#ask());
    });
  }

  #take(board: Board): void {
    this.#before = new Map((this.#board?.cells ?? []).map(({ x, node, lastN }) => [`${x} ${node}`, lastN]));
    this.#board = board;
    this.#answers += 1;
    this.#listener();
  }
}

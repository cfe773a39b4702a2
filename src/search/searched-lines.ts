import { LoopTurns } from "../host/loop-turns.ts";
import type { Execution } from "../wire/api.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import type { Viewer } from "../wire/viewer.ts";
import { type EpochSizes, SEARCH_LIMITS } from "./limits.ts";
import { NumberWindows } from "./number-windows.ts";
import type { OpenLines, SearchedArchive } from "./ports.ts";
import { executionsOf, isTooOld } from "./scope.ts";
import type { SearchedPieces } from "./task-port.ts";

/** Longest turn on the collector's own thread: opening an execution may take a millisecond of it. */
const MAX_TURN_MS = 2;

/**
 * Opens the files of a search, part by part, and closes them when the next ones are asked for. While the thread reads one part,
 * the next is opened.
 */
export class SearchedLines {
  readonly #archive: SearchedArchive;
  readonly #viewer: Viewer;
  readonly #request: SearchRequest;
  readonly #sizes: Partial<EpochSizes>;
  readonly #executions: AsyncGenerator<Execution>;
  #current: { readonly execution: Execution; readonly windows: NumberWindows } | undefined;
  readonly #turns = new LoopTurns({ maxTurnMs: MAX_TURN_MS });
  #ahead: Promise<readonly SearchedPieces[]> | undefined;
  /** The files that the thread reads, and those it gets next. */
  #handed: readonly OpenLines[] = [];
  #open: OpenLines[] = [];
  /** The window continues at this number. */
  #more: number | undefined;
  #windowBytes = 0;
  #isClosed = false;

  constructor(options: {
    readonly archive: SearchedArchive;
    readonly viewer: Viewer;
    readonly request: SearchRequest;
    readonly sizes: Partial<EpochSizes>;
  }) {
    const { archive, viewer, request } = options;
    this.#archive = archive;
    this.#viewer = viewer;
    this.#request = request;
    this.#sizes = options.sizes;
    this.#executions = executionsOf(archive, viewer, request);
  }

  /**
   * The next pieces: several if each is small, because each message between the threads costs as much as a small log.
   * Empty after the last. Throws a SearchRefusal, or the index's error.
   */
  async next(): Promise<readonly SearchedPieces[]> {
    closeAll(this.#handed);
    this.#handed = [];
    const batch = await (this.#ahead ?? this.#batch());
    this.#ahead = undefined;
    this.#handed = this.#open;
    this.#open = [];
    // With `from`, the next window may be unnecessary.
    if (batch.length > 0 && this.#request.from === undefined && !this.#isClosed) {
      this.#ahead = this.#batch();
      // The call that takes these pieces gets the failure.
      this.#ahead.catch(() => undefined);
    }
    return batch;
  }

  /** Also closes files still being opened. */
  close(): void {
    this.#isClosed = true;
    closeAll([...this.#handed, ...this.#open]);
    this.#handed = [];
    this.#open = [];
  }

  async #batch(): Promise<readonly SearchedPieces[]> {
    const { maxAtOnce, atOnceBytes } = SEARCH_LIMITS;
    const batch: SearchedPieces[] = [];
    let bytes = 0;
    do {
      const pieces = await this.#one();
      if (pieces === undefined) break;
      batch.push(pieces);
      bytes += pieces.pieces.reduce((sum, piece) => sum + piece.bytes, 0);
      await new Promise<void>((resolve) => this.#turns.soon(resolve));
    } while (batch.length < maxAtOnce && bytes < atOnceBytes && this.#request.from === undefined && !this.#isClosed);
    return batch;
  }

  async #one(): Promise<SearchedPieces | undefined> {
    const from = this.#more;
    const more = from === undefined ? undefined : await this.#openNext(from);
    if (more !== undefined) return more;
    this.#current?.windows.next(this.#windowBytes);
    this.#windowBytes = 0;
    for (;;) {
      const pieces = await this.#openNext();
      if (pieces !== undefined) return pieces;
      const { value: execution } = await this.#executions.next();
      if (execution === undefined) return undefined;
      this.#current = { execution, windows: new NumberWindows(execution, this.#request, this.#sizes) };
    }
  }

  /** @param more Continues the window at this number. Undefined if the execution has no window any more. */
  async #openNext(more?: number): Promise<SearchedPieces | undefined> {
    const window = this.#current?.windows.window;
    if (this.#current === undefined || window === undefined) return undefined;
    const listed = this.#current.execution;
    const { x, node, owner, lastN, clockMs } = listed;
    let isUnreadable = false;
    let open: OpenLines | undefined;
    try {
      const { from, to } = window.read;
      // Undefined if it has been deleted since it was listed.
      open = await this.#archive.open(this.#viewer, { x, node, owner, from: more ?? from, to, listed });
    } catch (error) {
      if (!(error instanceof Error && "syscall" in error)) throw error;
      isUnreadable = true;
    }
    if (open !== undefined) this.#open.push(open);
    if (this.#isClosed) this.close();
    const pieces = open === undefined || isTooOld(open, this.#request) ? [] : open.pieces;
    const isLast = pieces.length === 0 || open?.next === undefined;
    this.#more = isLast ? undefined : open?.next;
    for (const { bytes } of pieces) this.#windowBytes += bytes;
    const execution = { x, node, owner, lastN, clockMs };
    return { execution, pieces, range: window.range, isFirst: more === undefined, isLast, isUnreadable };
  }
}

function closeAll(files: readonly OpenLines[]): void {
  for (const open of files) open.close();
}

import type { Execution } from "../wire/api.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { OpenLines, SearchedArchive } from "./ports.ts";
import { executionsOf, isTooOld } from "./scope.ts";
import type { SearchedPieces } from "./search-task.ts";

/** Opens the files of a search, one execution after the other, and closes them when the next is asked for. */
export class SearchedLines {
  readonly #archive: SearchedArchive;
  readonly #viewer: Viewer;
  readonly #request: SearchRequest;
  readonly #executions: AsyncGenerator<Execution>;
  #current: Execution | undefined;
  #open: OpenLines | undefined;
  #isClosed = false;

  constructor(archive: SearchedArchive, viewer: Viewer, request: SearchRequest) {
    this.#archive = archive;
    this.#viewer = viewer;
    this.#request = request;
    this.#executions = executionsOf(archive, viewer, request);
  }

  /** Undefined after the last. Throws a SearchRefusal, or the index's error. */
  async next(): Promise<SearchedPieces | undefined> {
    const from = this.#open?.next;
    this.#closeFiles();
    if (this.#current !== undefined && from !== undefined) return this.#openFrom(this.#current, from);
    const { value: execution } = await this.#executions.next();
    this.#current = execution === undefined ? undefined : execution;
    return execution === undefined ? undefined : this.#openFrom(execution, 1);
  }

  /** Also what is being opened now. */
  close(): void {
    this.#isClosed = true;
    this.#closeFiles();
  }

  #closeFiles(): void {
    this.#open?.close();
    this.#open = undefined;
  }

  async #openFrom(execution: Execution, from: number): Promise<SearchedPieces> {
    const { x, node, owner, lastN } = execution;
    let isUnreadable = false;
    try {
      // Undefined if it was deleted since it was listed.
      this.#open = await this.#archive.open(this.#viewer, { x, node, owner, from });
    } catch (error) {
      if (!(error instanceof Error && "syscall" in error)) throw error;
      isUnreadable = true;
    }
    if (this.#isClosed) this.#closeFiles();
    const open = this.#open;
    const pieces = open === undefined || isTooOld(open, this.#request) ? [] : open.pieces;
    const isLast = pieces.length === 0 || open?.next === undefined;
    if (isLast && open !== undefined) this.#open = { ...open, next: undefined };
    return { execution: { x, node, owner, lastN }, pieces, isFirst: from === 1, isLast, isUnreadable };
  }
}

import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { ExecutionState } from "../../wire/api.ts";
import type { StoredExecution } from "../execution/stored-execution.ts";
import type { OverLimit } from "../owner/owner-account.ts";

/** Location, owner and size of an execution's files, from the index until they are loaded. */
export interface Unloaded {
  readonly base: string;
  readonly owner: string;
  readonly diskBytes: number;
}

type State =
  /** The index was not asked. */
  | { readonly is: "unknown" }
  /** Not in the index: its BEGIN has not arrived. */
  | { readonly is: "unbound" }
  | ({ readonly is: "unloaded" } & Unloaded)
  | { readonly is: "loaded"; readonly execution: StoredExecution }
  /** Its owner or an administrator deleted it: anything that arrives again is discarded. */
  | { readonly is: "deleted" }
  /** Its BEGIN was refused because of its owner's limit: its lines up to `lastN` were discarded. */
  | { readonly is: "refused"; readonly refusal: OverLimit; lastN: number };

/**
 * One (node, x, hash of key) and its state, which only the methods below change:
 *
 *     unknown -> unloaded -> loaded -> (retired)      retired: forgotten by the table; a holder looks it up anew
 *        |          '-> unbound -> loaded (BEGIN) -> unbound (unload: its files could not be made)
 *        |-> unbound -> refused -> loaded (BEGIN)
 *        '-> deleted <- (remove) from any of them
 */
export class Slot {
  readonly identity: SlotIdentity;
  usedAtMs: number;
  #state: State = { is: "unknown" };
  #isOpenInIndex = false;
  #stateInIndex: ExecutionState | undefined;
  #isRetired = false;

  constructor(identity: SlotIdentity, nowMs: number) {
    this.identity = { node: identity.node, x: identity.x, keyHash: identity.keyHash };
    this.usedAtMs = nowMs;
  }

  get is(): State["is"] {
    return this.#state.is;
  }
  /** Only once loaded: use `SlotTable.load` to load it. */
  get execution(): StoredExecution | undefined {
    return this.#state.is === "loaded" ? this.#state.execution : undefined;
  }
  get unloaded(): Unloaded | undefined {
    return this.#state.is === "unloaded" ? this.#state : undefined;
  }
  /** The limit that its BEGIN met, and the lines discarded for it. */
  get refused(): { readonly refusal: OverLimit; readonly lastN: number } | undefined {
    return this.#state.is === "refused" ? this.#state : undefined;
  }
  /** Whether the index says that the files may be ahead of its row. */
  get isOpenInIndex(): boolean {
    return this.#isOpenInIndex;
  }
  /** The state that queries for running or failed executions find. */
  get stateInIndex(): ExecutionState | undefined {
    return this.#stateInIndex;
  }
  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Notes that the index has a row. */
  found(files: Unloaded, row: { readonly isOpen: boolean; readonly state: ExecutionState }): void {
    this.#state = { is: "unloaded", ...files };
    this.#isOpenInIndex = row.isOpen;
    this.#stateInIndex = row.state;
  }

  /** Notes that the index has no row. */
  notFound({ isDeleted }: { readonly isDeleted: boolean }): void {
    this.#state = { is: isDeleted ? "deleted" : "unbound" };
  }

  /**
   * Call when its files have been read or its BEGIN has arrived. Lines discarded before because of a limit become the
   * execution's discards.
   */
  load(execution: StoredExecution): void {
    this.#state = { is: "loaded", execution };
  }

  /** Call when its files are gone, or could not be made. */
  unload(): void {
    this.#state = { is: "unbound" };
    this.#isOpenInIndex = false;
    this.#stateInIndex = undefined;
  }

  /** Call before deleting it: frames that arrive later are discarded. Returns the released execution, if loaded. */
  remove(): StoredExecution | undefined {
    const { execution } = this;
    execution?.release();
    this.#state = { is: "deleted" };
    this.#isOpenInIndex = false;
    this.#stateInIndex = undefined;
    return execution;
  }

  /** Call when its BEGIN met a limit. */
  refuse(refusal: OverLimit): void {
    this.#state = { is: "refused", refusal, lastN: this.refused?.lastN ?? 0 };
  }

  /** Notes that lines up to this one were discarded after the refusal. */
  discarded(lastN: number): void {
    if (this.#state.is === "refused") this.#state.lastN = Math.max(this.#state.lastN, lastN);
  }

  /** Notes that the index has marked the row: the files may get ahead of it. */
  opened(): void {
    this.#isOpenInIndex = true;
  }

  /** Notes that its row is up to date. */
  written(): void {
    this.#isOpenInIndex = this.execution?.isSettled === false;
    this.#stateInIndex = this.execution?.state;
  }

  /** Call when the table forgets it. Returns the released execution; its files may still be open. */
  retire(): StoredExecution | undefined {
    const { execution } = this;
    execution?.release();
    this.#isRetired = true;
    this.#state = { is: "unbound" };
    return execution;
  }
}

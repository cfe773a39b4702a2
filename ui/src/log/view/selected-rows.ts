import type { Item } from "../feed/log-row.ts";
import type { SelectedPlaces } from "./log-viewport.ts";

interface SelectedRowsOptions {
  readonly rows: () => HTMLElement | null;
  /** The items of the rows' elements, in order. */
  readonly drawn: () => readonly Item[];
  readonly onStart: () => void;
}

/** Tracks rows with selected text, so that they stay drawn while the reader scrolls to the selection's other end. */
export class SelectedRows {
  readonly #options: SelectedRowsOptions;
  #places: SelectedPlaces | undefined;

  constructor(options: SelectedRowsOptions) {
    this.#options = options;
    document.addEventListener("selectionchange", this.#onChange);
  }

  get places(): SelectedPlaces | undefined {
    return this.#places;
  }

  close(): void {
    document.removeEventListener("selectionchange", this.#onChange);
  }

  readonly #onChange = (): void => {
    const selection = document.getSelection();
    const places = selection === null || selection.isCollapsed ? undefined : this.#placesOf(selection);
    if (places !== undefined && this.#places === undefined) this.#options.onStart();
    this.#places = places;
  };

  #placesOf({ anchorNode, focusNode }: Selection): SelectedPlaces | undefined {
    const indexes = [this.#indexOf(anchorNode), this.#indexOf(focusNode)].filter((index) => index >= 0);
    const drawn = this.#options.drawn();
    const first = drawn[Math.min(...indexes)];
    const last = drawn[Math.max(...indexes)];
    return first === undefined || last === undefined ? this.#places : [first, last];
  }

  #indexOf(node: Node | null): number {
    const rows = this.#options.rows();
    if (rows === null || node === null) return -1;
    return [...rows.children].findIndex((row) => row.contains(node));
  }
}

import type { SearchRequest } from "../wire/search-request.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { Grants } from "./grants.ts";
import type { OwnSearch } from "./ports.ts";

/** Ends searches where a share ends: their files are open already. */
export class SharedSearch implements OwnSearch {
  readonly #search: OwnSearch;
  readonly #grants: Grants;

  /** @param search A search on the shared archive. */
  constructor(search: OwnSearch, grants: Grants) {
    this.#search = search;
    this.#grants = grants;
  }

  async *run(viewer: Viewer, request: SearchRequest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const ended = new AbortController();
    const release = this.#grants.hold(viewer, () => ended.abort());
    try {
      for await (const events of this.#search.run(viewer, request, AbortSignal.any([signal, ended.signal]))) {
        if (ended.signal.aborted) break;
        yield events;
      }
      if (ended.signal.aborted) throw new Error("The search was cut off: something is not shared any more");
    } finally {
      release();
    }
  }
}

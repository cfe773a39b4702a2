/** Older answers are not used: the page that they were meant for did not open. */
const USED_WITHIN_MS = 10_000;

interface Sent {
  readonly response: Promise<Response>;
  readonly gone: AbortController;
  readonly atMs: number;
}

/**
 * Requests sent before the script that needs their answers is loaded. Each answer is used once; there are only as many
 * as one address needs.
 */
export class EarlyRequests {
  readonly #fetch: typeof fetch;
  readonly #nowMs: () => number;
  readonly #sent = new Map<string, Sent>();

  constructor(options: { readonly fetch: typeof fetch; readonly nowMs: () => number }) {
    this.#fetch = options.fetch;
    this.#nowMs = options.nowMs;
  }

  /** Sends a request, and keeps its answer for `fetch`. The returned promise never settles. */
  readonly send: typeof fetch = (path, init) => {
    const gone = new AbortController();
    const response = this.#fetch(path, { ...init, signal: gone.signal });
    response.catch(() => undefined);
    this.#sent.set(String(path), { response, gone, atMs: this.#nowMs() });
    return new Promise<Response>(() => undefined);
  };

  /** Like the global `fetch`, but uses the answer of a request sent early. */
  readonly fetch: typeof fetch = async (path, init) => {
    const sent = this.#sent.get(String(path));
    this.#sent.delete(String(path));
    if (sent === undefined || this.#nowMs() - sent.atMs > USED_WITHIN_MS) return this.#fetch(path, init);
    init?.signal?.addEventListener("abort", () => sent.gone.abort());
    try {
      const response = await sent.response;
      // A refusal may be outdated: the user may have signed in since.
      if (response.status !== 401) return response;
    } catch {
      // The early request failed: asks again.
    }
    return this.#fetch(path, init);
  };
}

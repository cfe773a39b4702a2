/** Older answers are asked for anew: the page that they were meant for has not come. */
const USED_WITHIN_MS = 10_000;

interface Sent {
  readonly response: Promise<Response>;
  readonly gone: AbortController;
  readonly atMs: number;
}

/**
 * Requests that are sent before the script is there that needs their answers. Each answer is used once; as many are kept
 * as one address asks for.
 */
export class EarlyRequests {
  readonly #fetch: typeof fetch;
  readonly #nowMs: () => number;
  readonly #sent = new Map<string, Sent>();

  constructor(options: { readonly fetch: typeof fetch; readonly nowMs: () => number }) {
    this.#fetch = options.fetch;
    this.#nowMs = options.nowMs;
  }

  /** Sends a request, and keeps its answer for who asks for the same: here it never comes. */
  readonly send: typeof fetch = (path, init) => {
    const gone = new AbortController();
    const response = this.#fetch(path, { ...init, signal: gone.signal });
    response.catch(() => undefined);
    this.#sent.set(String(path), { response, gone, atMs: this.#nowMs() });
    return new Promise<Response>(() => undefined);
  };

  /** As `fetch`, with the answer to what was sent early. */
  readonly fetch: typeof fetch = async (path, init) => {
    const sent = this.#sent.get(String(path));
    this.#sent.delete(String(path));
    if (sent === undefined || this.#nowMs() - sent.atMs > USED_WITHIN_MS) return this.#fetch(path, init);
    init?.signal?.addEventListener("abort", () => sent.gone.abort());
    try {
      const response = await sent.response;
      // Somebody has signed in since.
      if (response.status !== 401) return response;
    } catch {
      // It is not there any more, or was not yet.
    }
    return this.#fetch(path, init);
  };
}

/** Counts of each node in the current second. The caller names admitted nodes only, which bounds their number. */
export class NodeRate {
  readonly #most: number;
  readonly #nowMs: () => number;
  readonly #rates = new Map<string, { second: number; count: number }>();

  /** @param nowMs steady */
  constructor(most: number, nowMs: () => number) {
    this.#most = most;
    this.#nowMs = nowMs;
  }

  /** Counts one more. `first-beyond`: the limit is exceeded just now. */
  add(node: string): "within" | "first-beyond" | "beyond" {
    const second = Math.floor(this.#nowMs() / 1_000);
    const rate = this.#rates.get(node);
    if (rate === undefined || rate.second !== second) {
      this.#rates.set(node, { second, count: 1 });
      return "within";
    }
    rate.count += 1;
    if (rate.count <= this.#most) return "within";
    return rate.count === this.#most + 1 ? "first-beyond" : "beyond";
  }
}

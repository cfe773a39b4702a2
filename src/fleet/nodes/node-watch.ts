import type { FleetNode, FleetView } from "../../wire/fleet/node-view.ts";

interface NodeWatchOptions {
  readonly view: () => FleetView;
  /** Asks all nodes to report each second for `watchLeaseMs`. */
  readonly ask: () => void;
}

/** Ticks between two requests: three of them fit into a lease. */
const ASK_EVERY_TICKS = 5;

/**
 * Sends the nodes' state to watchers: all of it first, then all changes once a tick in one message. It
 * holds only the newest state of each node: a slow reader skips states and delays nobody.
 */
export class NodeWatch {
  readonly #options: NodeWatchOptions;
  readonly #nodes = new Map<string, { readonly text: string; readonly tick: number }>();
  readonly #waiting = new Set<() => void>();
  #watchers = 0;
  #tick = 0;
  /** The last tick in which a node came or went: then everything is sent again. */
  #wholeTick = 0;
  #id = "";
  /** Cached changes since a tick, which most watchers share. */
  #changes: { readonly tick: number; readonly since: number; readonly text: string | undefined } | undefined;
  #isClosed = false;

  constructor(options: NodeWatchOptions) {
    this.#options = options;
  }

  /** Called each second. Does nothing without watchers. */
  tick(): void {
    if (this.#watchers === 0) return;
    if (this.#tick % ASK_EVERY_TICKS === 0) this.#options.ask();
    this.#look();
    for (const wake of this.#waiting) wake();
  }

  /** Lines of `GET /api/fleet?follow=1` (`parseFleetUpdate`), until `signal`. */
  async *follow(signal: AbortSignal): AsyncGenerator<string> {
    this.#watchers += 1;
    if (this.#watchers === 1) {
      this.#options.ask();
      this.#look();
    }
    try {
      for (let seen = -1; !signal.aborted && !this.#isClosed; ) {
        const text = seen < this.#wholeTick ? this.#whole() : this.#changedSince(seen);
        seen = this.#tick;
        if (text !== undefined) yield text;
        if (seen === this.#tick) await this.#next(signal);
      }
    } finally {
      this.#watchers -= 1;
      if (this.#watchers === 0) this.#nodes.clear();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const wake of this.#waiting) wake();
  }

  #look(): void {
    this.#tick += 1;
    const view = this.#options.view();
    const isSame = view.nodes.length === this.#nodes.size && view.nodes.every(({ node }) => this.#nodes.has(node));
    if (!isSame) {
      this.#nodes.clear();
      this.#wholeTick = this.#tick;
    }
    for (const each of view.nodes) this.#take(each);
    this.#id = view.id;
  }

  #take(each: FleetNode): void {
    const text = JSON.stringify(each);
    if (this.#nodes.get(each.node)?.text !== text) this.#nodes.set(each.node, { text, tick: this.#tick });
  }

  #whole(): string {
    const texts = Array.from(this.#nodes.values(), ({ text }) => text);
    return `{"id":${JSON.stringify(this.#id)},"nodes":[${texts.join(",")}]}`;
  }

  /** Undefined if nothing has changed. */
  #changedSince(since: number): string | undefined {
    if (this.#changes?.tick === this.#tick && this.#changes.since === since) return this.#changes.text;
    const changed = [...this.#nodes.values()].filter(({ tick }) => tick > since).map(({ text }) => text);
    const text = changed.length === 0 ? undefined : `{"nodes":[${changed.join(",")}]}`;
    this.#changes = { tick: this.#tick, since, text };
    return text;
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  }
}

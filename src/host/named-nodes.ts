import type { Log } from "./log.ts";

/** How many unseen names the log shows. */
const SHOWN_NAMES = 10;

/**
 * Compares the names in `[nodes]` with those of the relays that connect: a table whose name is not exactly that of a
 * certificate changes nothing, and nothing else would say so.
 */
export class NamedNodes {
  readonly #names: readonly string[];
  readonly #log: Log;
  readonly #unseen: Set<string>;
  /** Tables that the log has named once. */
  readonly #reported = new Set<string>();

  constructor(names: Iterable<string>, log: Log) {
    this.#names = [...names];
    this.#unseen = new Set(this.#names);
    this.#log = log;
  }

  /** Takes note of a node whose relay has connected. */
  connected(node: string): void {
    if (this.#unseen.delete(node) || this.#names.includes(node)) return;
    for (const name of this.#names) {
      if (!isSameHost(name, node) || this.#reported.has(name)) continue;
      this.#reported.add(name);
      const next = `name it as its certificate does: [nodes."${node}"]`;
      this.#log.event("warning", "a table of collector.toml does not apply to this node", { node, table: name, next });
    }
  }

  /** Reports names that no relay has connected with. Called a while after the start. */
  reportUnseen(): void {
    if (this.#unseen.size === 0) return;
    const names = [...this.#unseen].slice(0, SHOWN_NAMES).join(" ");
    const next = "compare them with `mlctl pki list`";
    this.#log.event("notice", "no relay has connected of nodes in collector.toml", {
      nodes: names,
      count: this.#unseen.size,
      next,
    });
  }
}

/** Whether one of two names is the other without its domain. */
function isSameHost(a: string, b: string): boolean {
  return a !== b && (a.startsWith(`${b}.`) || b.startsWith(`${a}.`));
}

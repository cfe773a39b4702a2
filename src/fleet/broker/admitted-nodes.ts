import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMissing } from "../../host/is-missing.ts";
import type { Log } from "../../host/log.ts";
import { watchFiles } from "../../host/watch-files.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { type ListedNode, NODES_LIST, parseListedNodes } from "../../wire/fleet-names.ts";
import { NODES_CONF, nodesConf } from "./broker-config.ts";

interface AdmittedNodesOptions {
  readonly pki: string;
  /** Folder from which the broker reads `nodes.conf`. */
  readonly folder: string;
  readonly log: Log;
  readonly wallMs: () => number;
  /** Called when the set of names with a valid certificate changes. */
  readonly onNames?: ((names: ReadonlySet<string>) => void) | undefined;
  /** Calls once after a time. Returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
  /** Asks the broker to reload its configuration. */
  readonly reload: () => void;
  /** Resolves once the text with this mark is in force at the broker. Rejects after a timeout. */
  readonly confirm: (mark: string) => Promise<void>;
}

/** Interval for noticing expired certificates and for retrying unconfirmed reloads. */
const LOOK_EVERY_MS = 30_000;
/** A flooding node is kept out for this long. */
const PAUSE_MS = 60_000;
/** So a revoked node is cut within a second, with the two rounds that the broker takes. */
const LIST_PACE = { lookEveryMs: 250, settledAfterMs: 200 };

/**
 * The nodes that the broker admits: those of the authority's `nodes.list` whose certificates are valid now. Rewrites
 * `nodes.conf` whenever that changes and makes the broker use it.
 */
export class AdmittedNodes {
  readonly #options: AdmittedNodesOptions;
  /** Nodes kept out and until when; at most one entry for each listed node. */
  readonly #paused = new Map<string, { readonly untilMs: number; readonly callOff: () => void }>();
  #listed: readonly ListedNode[] = [];
  #names: ReadonlySet<string> = new Set();
  #uris: ReadonlyMap<string, string> = new Map();
  /** Mark of the text that the broker is known to use. */
  #usedMark = "";
  #stopWatching: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #applying: Promise<void> = Promise.resolve();

  constructor(options: AdmittedNodesOptions) {
    this.#options = options;
  }

  /** Names of all nodes with a valid certificate. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** The node of a valid certificate's URI, unless it is kept out. */
  nodeOf(uri: string): string | undefined {
    const name = this.#uris.get(uri);
    return name === undefined || this.#paused.has(name) ? undefined : name;
  }

  /** Writes `nodes.conf`. Call it before the broker starts. */
  write(): void {
    this.#read();
    this.#write(nodesConf(this.#admitted(), 2).text);
  }

  /** Starts watching once the broker answers. `isInUse`: it was started after `write`, and has read that `nodes.conf`. */
  watch({ isInUse }: { readonly isInUse: boolean }): void {
    if (isInUse) this.#usedMark = nodesConf(this.#admitted(), 2).mark;
    else void this.apply();
    this.#stopWatching = watchFiles([join(this.#options.pki, NODES_LIST)], () => void this.reload(), LIST_PACE);
    this.#timer = setInterval(() => void this.apply(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Rereads the list. */
  reload(): Promise<void> {
    try {
      this.#read();
    } catch (error) {
      this.#options.log.event("error", "nodes.list not read again: the earlier one stays in use", {
        error: String(error),
      });
    }
    return this.apply();
  }

  /**
   * Resolves when the broker admits exactly these nodes. Calls run one after another.
   *
   * In two rounds, of the same nodes: nats-server 2.9 takes a new account at a reload, also one that was there earlier, but
   * passes on nothing of it to an account that was there before, until the next reload. What changes meanwhile has its own two.
   */
  apply(): Promise<void> {
    this.#applying = this.#applying.then(async () => {
      const { log, reload, confirm } = this.#options;
      const admitted = this.#admitted();
      if (nodesConf(admitted, 2).mark === this.#usedMark) return;
      try {
        for (const round of [1, 2] as const) {
          const { text, mark } = nodesConf(admitted, round);
          this.#write(text);
          reload();
          await confirm(mark);
          this.#usedMark = mark;
        }
        log.event("info", "the fleet's broker admits nodes", { nodes: admitted.length });
      } catch (error) {
        const next = "restart the broker: until then it may admit nodes whose certificate was revoked";
        log.event("error", "the fleet's broker does not use nodes.conf", { error: String(error), next });
      }
    });
    return this.#applying;
  }

  /** Keeps a flooding node out for a minute. */
  pause(node: string): void {
    if (this.#paused.has(node) || !this.#names.has(node)) return;
    const { wallMs, after } = this.#options;
    const readmit = (): void => {
      this.#paused.delete(node);
      void this.apply();
    };
    this.#paused.set(node, { untilMs: wallMs() + PAUSE_MS, callOff: after(readmit, PAUSE_MS) });
    this.#options.log.event("warning", "node sends too much: the broker does not admit it for a minute", { node });
    void this.apply();
  }

  async stop(): Promise<void> {
    this.#stopWatching?.();
    clearInterval(this.#timer);
    for (const { callOff } of this.#paused.values()) callOff();
    await this.#applying;
  }

  #read(): void {
    const { pki, log } = this.#options;
    try {
      this.#listed = parseListedNodes(readFileSync(join(pki, NODES_LIST), "utf8"));
    } catch (error) {
      if (!isMissing(error)) throw error;
      // There was a list, and without one nobody would be admitted: an administrator is probably copying a new one.
      if (this.#listed.length > 0) throw error;
      const next = "copy it from where the authority is; `mlctl pki fleet` makes it";
      log.event("warning", "no nodes.list: the fleet's broker admits no node", { pki, next });
    }
  }

  /** Now. */
  #admitted(): readonly ListedNode[] {
    const { wallMs, log } = this.#options;
    const nowMs = wallMs();
    for (const [node, { untilMs, callOff }] of this.#paused) {
      if (untilMs > nowMs) continue;
      callOff();
      this.#paused.delete(node);
    }
    // The later of two certificates with one name comes last in the books.
    const valid = new Map<string, ListedNode>();
    for (const node of this.#listed) if (node.validToMs > nowMs) valid.set(node.name, node);
    const all = [...valid.values()];
    if (all.length > FLEET_LIMITS.maxNodes)
      log.event("error", "too many nodes: the others are not admitted", {
        nodes: all.length,
        limit: FLEET_LIMITS.maxNodes,
      });
    const known = all.slice(0, FLEET_LIMITS.maxNodes);
    const names = new Set(known.map(({ name }) => name));
    const isSame = names.size === this.#names.size && [...names].every((name) => this.#names.has(name));
    this.#names = names;
    if (!isSame) this.#options.onNames?.(names);
    this.#uris = new Map(known.map(({ name, uri }) => [uri, name]));
    return known.filter(({ name }) => !this.#paused.has(name));
  }

  #write(text: string): void {
    const path = join(this.#options.folder, NODES_CONF);
    // The broker's user must read it, and it is no secret.
    writeFileSync(`${path}.new`, text, { mode: 0o644 });
    renameSync(`${path}.new`, path);
  }
}

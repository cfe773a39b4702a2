import type { Log } from "../../host/log.ts";
import type { Peer } from "./ask-peer.ts";
import type { PeerList } from "./peer-list.ts";

interface PeerListsOptions {
  readonly peers: readonly Peer[];
  readonly ask: (peer: Peer) => Promise<PeerList>;
  readonly onFailure: () => void;
  readonly log: Log;
  /** Steady. */
  readonly nowMs: () => number;
}

/** A list older than this is requested again. */
const FRESH_FOR_MS = 10_000;
/** A list older than this is not used: the caller waits for a new one. */
const USABLE_FOR_MS = 300_000;

/**
 * Lists of joined collectors' services. A caller gets the last lists at once while new ones are requested: a collector that does
 * not answer delays only callers for whom it has no usable list.
 */
export class PeerLists {
  readonly #options: PeerListsOptions;
  readonly #known = new Map<Peer, { readonly atMs: number; readonly list: PeerList }>();
  readonly #asking = new Map<Peer, Promise<PeerList>>();

  constructor(options: PeerListsOptions) {
    this.#options = options;
  }

  /** In the order of the configuration. */
  all(): Promise<readonly (readonly [Peer, PeerList])[]> {
    return Promise.all(this.#options.peers.map(async (peer) => [peer, await this.#of(peer)] as const));
  }

  #of(peer: Peer): PeerList | Promise<PeerList> {
    const known = this.#known.get(peer);
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : this.#options.nowMs() - known.atMs;
    if (known !== undefined && ageMs < FRESH_FOR_MS) return known.list;
    const next = this.#ask(peer);
    return known !== undefined && ageMs < USABLE_FOR_MS ? known.list : next;
  }

  /** Requests a list, or joins the request under way. */
  #ask(peer: Peer): Promise<PeerList> {
    const open = this.#asking.get(peer);
    if (open !== undefined) return open;
    const asking = this.#options.ask(peer).then((list) => {
      this.#asking.delete(peer);
      this.#note(peer, list);
      return list;
    });
    this.#asking.set(peer, asking);
    return asking;
  }

  #note(peer: Peer, list: PeerList): void {
    const { log, nowMs, onFailure } = this.#options;
    const { fault: before = "" } = this.#known.get(peer)?.list ?? {};
    this.#known.set(peer, { atMs: nowMs(), list });
    if (list.fault !== "") onFailure();
    if (list.fault === before) return;
    if (list.fault === "") log.event("info", "a joined collector can be asked again", { peer: peer.name });
    else log.event("warning", "a joined collector cannot be asked", { peer: peer.name, error: list.fault });
  }
}

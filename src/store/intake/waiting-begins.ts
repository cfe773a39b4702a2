import { setImmediate as nextTurn } from "node:timers/promises";
import type { Log } from "../../host/log.ts";
import type { OwnerOf } from "../owner/owner-lookup.ts";
import type { KeptBegin, Quarantine } from "../quarantine/quarantine.ts";
import type { Claim } from "./claims.ts";

const ASK_EVERY_MS = 5_000;
/** Uids that are nobody's, a round: each may be a process. */
const MAX_UNKNOWN = 20;

export interface WaitingBeginsOptions {
  readonly quarantine: Quarantine;
  readonly ownerOf: OwnerOf;
  /** Resolves when it outlives the process. */
  readonly claim: (claim: Claim) => Promise<"stored" | "unavailable">;
  readonly log: Log;
  readonly nowMs: () => number;
}

/** Claims what waits in quarantine for the user directory to tell whose it is. */
export class WaitingBegins {
  readonly #options: WaitingBeginsOptions;
  #askAtMs = 0;
  #isAsking = false;
  #claiming: Promise<"stored" | "unavailable"> | undefined;
  #isStopped = false;

  constructor(options: WaitingBeginsOptions) {
    this.#options = options;
  }

  /** Called every so often. Rejects with what the file system threw. */
  async consider(): Promise<void> {
    const nowMs = this.#options.nowMs();
    if (this.#isAsking || nowMs < this.#askAtMs) return;
    this.#askAtMs = nowMs + ASK_EVERY_MS;
    this.#isAsking = true;
    try {
      await this.#ask();
    } finally {
      this.#isAsking = false;
    }
  }

  /** Resolves when nothing is claimed any more; the directory may still owe an answer. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#claiming;
  }

  async #ask(): Promise<void> {
    const { quarantine, ownerOf, log } = this.#options;
    const unknown = new Set<string>();
    let claimed = 0;
    for (const begin of [...quarantine.begins]) {
      const { identity, uid } = begin;
      if (this.#isStopped || unknown.size >= MAX_UNKNOWN) break;
      // The next round begins with those that were not asked for in this one.
      quarantine.postpone(begin);
      const who = `${uid} ${identity.node}`;
      if (unknown.has(who)) continue;
      const owner = await ownerOf(identity.node, uid);
      if (owner === "unavailable" || this.#isStopped) break;
      if (owner === "later") continue;
      if (owner === undefined) {
        unknown.add(who);
        continue;
      }
      if ((await this.#claim(begin)) === "unavailable") break;
      quarantine.removeBegin(begin);
      claimed += 1;
      await nextTurn();
    }
    if (claimed > 0) log.event("notice", "executions claimed whose owner was not known before", { claimed });
  }

  async #claim(kept: KeptBegin): Promise<"stored" | "unavailable"> {
    const { quarantine, claim } = this.#options;
    const begin = quarantine.readBegin(kept);
    if (begin === undefined) return "stored";
    this.#claiming = claim({ ...kept, begin });
    return this.#claiming;
  }
}

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Claim } from "../../frame/item.ts";
import type { SlotIdentity } from "../../frame/slot-identity.ts";
import type { Log } from "../../host/log.ts";
import type { Owner, OwnerAnswer, OwnerOf } from "../owner/owner-lookup.ts";
import type { KeptBegin, Quarantine } from "../quarantine/quarantine.ts";

const ASK_EVERY_MS = 5_000;
/** Uids without a user, per round: each may cost a process. */
const MAX_UNKNOWN = 100;

interface WaitingBeginsOptions {
  readonly quarantine: Quarantine;
  readonly ownerOf: OwnerOf;
  /** Resolves when the claim outlives the process. */
  readonly claim: (claim: Claim, owner: Owner) => Promise<"stored" | "unavailable">;
  readonly onFailure: (error: unknown) => void;
  readonly log: Log;
  readonly nowMs: () => number;
}

/** Claims BEGINs that wait in quarantine until the user directory names their uid. */
export class WaitingBegins {
  readonly #options: WaitingBeginsOptions;
  /** Claims waiting for an answer that the directory was asked for. */
  readonly #asked = new Map<string, Promise<void>>();
  readonly #claiming = new Set<Promise<unknown>>();
  #askAtMs = 0;
  #isAsking = false;
  #isStopped = false;

  constructor(options: WaitingBeginsOptions) {
    this.#options = options;
  }

  /** Claims a kept BEGIN as soon as the directory names its uid. Without a name it stays. */
  claimAfter(answer: Promise<OwnerAnswer>, kept: KeptBegin): void {
    const key = keyOf(kept.identity);
    if (this.#asked.has(key)) return;
    const claimed = answer
      .then(async (owner) => {
        if (typeof owner === "object" && !this.#isStopped) await this.#claim(kept, owner);
      })
      .catch(this.#options.onFailure)
      .finally(() => this.#asked.delete(key));
    this.#asked.set(key, claimed);
  }

  /** Settles when the directory has answered and any claim is made. Undefined: not asked. */
  answerFor(identity: SlotIdentity): Promise<void> | undefined {
    return this.#asked.get(keyOf(identity));
  }

  /** Called periodically. Rejects with file system errors. */
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

  /** Resolves when nothing more will be claimed; the directory may still owe an answer. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled(this.#claiming);
  }

  async #ask(): Promise<void> {
    const { quarantine, ownerOf, log } = this.#options;
    const unknown = new Set<string>();
    let claimed = 0;
    for (const kept of [...quarantine.begins]) {
      const { identity, uid } = kept;
      if (this.#isStopped || unknown.size >= MAX_UNKNOWN) break;
      if (this.answerFor(identity) !== undefined) continue;
      // The next round starts with those not asked about in this one.
      quarantine.postpone(kept);
      const who = `${uid} ${identity.node}`;
      if (unknown.has(who)) continue;
      const owner = await ownerOf(identity.node, uid);
      if (owner === "unavailable" || this.#isStopped) break;
      if (owner === "later") continue;
      if (owner === undefined) {
        unknown.add(who);
        continue;
      }
      if ((await this.#claim(kept, owner)) === "unavailable") break;
      claimed += 1;
      await nextTurn();
    }
    if (claimed > 0) log.event("notice", "executions claimed: their owners are now known", { claimed });
  }

  async #claim(kept: KeptBegin, owner: Owner): Promise<"stored" | "unavailable"> {
    const { quarantine, claim } = this.#options;
    const begin = quarantine.readBegin(kept);
    const claiming = begin === undefined ? Promise.resolve("stored" as const) : claim({ ...kept, begin }, owner);
    this.#claiming.add(claiming);
    try {
      const outcome = await claiming;
      if (outcome === "stored") quarantine.removeBegin(kept);
      return outcome;
    } finally {
      this.#claiming.delete(claiming);
    }
  }
}

function keyOf({ node, x, keyHash }: SlotIdentity): string {
  return `${node}/${x}/${keyHash}`;
}

import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../host/log.ts";
import { type EventAnswer, type FleetEvent, type FleetEventOf, parseFleetEvent } from "../../wire/fleet/event.ts";
import { parseExecutionId } from "../../wire/ids.ts";
import { readRecord, writeRecord } from "../journal/durable.ts";
import { AGENT_LIMITS } from "../limits.ts";

/** An error of this node outside of any run, or an event of a user here. */
type Notice = FleetEventOf<"error"> | FleetEventOf<"note">;

interface NoticesOptions {
  readonly folder: string;
  /** The node's own log: its entries are not reported to the collector. */
  readonly log: Log;
  /** Resolves with the collector's answer; undefined if there is none. */
  readonly tell: (event: FleetEvent) => Promise<EventAnswer | undefined>;
}

/**
 * Notices that the collector has not stored yet, the oldest first, each a file named by its id. While the disk takes none
 * (that may be the very error) they wait in memory.
 */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #waiting: Notice[] = [];
  #isTelling = false;
  #isInMemory = false;
  #isKept = false;

  constructor(options: NoticesOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    const names = readdirSync(options.folder).sort();
    for (const name of names.slice(0, AGENT_LIMITS.waitingErrors + AGENT_LIMITS.waitingEvents)) {
      const notice = parseNotice(name, readRecord(options.folder, name));
      if (notice === undefined) this.#remove(name);
      else this.#waiting.push(notice);
    }
  }

  /** False if too many wait, of this user or in total. */
  add(notice: Notice): boolean {
    if (this.#waiting.some(({ id }) => id === notice.id)) return true;
    const { waitingErrors, waitingEvents, waitingEventsOfUser } = AGENT_LIMITS;
    const alike = this.#waiting.filter(({ kind }) => kind === notice.kind);
    if (alike.length >= (notice.kind === "error" ? waitingErrors : waitingEvents)) return false;
    const { user } = { user: undefined, ...notice };
    if (
      user !== undefined &&
      alike.filter((each) => "user" in each && each.user === user).length >= waitingEventsOfUser
    )
      return false;
    this.#waiting.push(notice);
    this.#store(notice);
    return true;
  }

  /** Reports waiting notices until the collector fails to answer. Called each second. */
  async tell(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        const answer = await this.#options.tell(next);
        if (answer !== "+" && answer !== "-") break;
        this.#waiting.shift();
        this.#remove(next.id);
      }
    } finally {
      this.#isTelling = false;
    }
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** If removing fails, the next process resends it, and the collector ignores the duplicate. */
  #remove(name: string): void {
    const { folder, log } = this.#options;
    try {
      rmSync(join(folder, name), { force: true });
      this.#isKept = false;
    } catch (error) {
      const words = "what the collector has cannot be removed, and is sent again after the next start";
      if (!this.#isKept) log.event("warning", words, { error: String(error) });
      this.#isKept = true;
    }
  }

  #store(notice: Notice): void {
    try {
      writeRecord(this.#options.folder, notice.id, JSON.stringify(notice));
      this.#isInMemory = false;
    } catch (error) {
      const words = "what waits for the collector is only in memory";
      if (!this.#isInMemory) this.#options.log.event("warning", words, { error: String(error) });
      this.#isInMemory = true;
    }
  }
}

/** Undefined if the file was cut short or is not ours. */
function parseNotice(name: string, text: string | undefined): Notice | undefined {
  const event = text === undefined ? undefined : parseFleetEvent(text);
  const isNotice = event?.kind === "error" || event?.kind === "note";
  return isNotice && parseExecutionId(name) === event.id ? event : undefined;
}

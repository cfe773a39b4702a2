import type { Log, LogFields, Severity } from "../../host/log.ts";
import type { FleetEventOf } from "../../wire/fleet/event.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { AGENT_LIMITS } from "../limits.ts";
import type { Teller } from "./teller.ts";

interface ToldLogOptions {
  readonly log: Log;
  readonly teller: Pick<Teller, "tell">;
  nowMs(): number;
  /** A new ULID. */
  newId(): string;
}

/** The log of this node. Its errors also go to the collector, where those of all nodes stand together. */
export class ToldLog implements Log {
  readonly #options: ToldLogOptions;
  readonly #waiting: FleetEventOf<"error">[] = [];
  #isTelling = false;
  #dropped = 0;

  constructor(options: ToldLogOptions) {
    this.#options = options;
  }

  event(severity: Severity, message: string, fields: LogFields = {}): void {
    const { log, nowMs, newId } = this.#options;
    log.event(severity, message, fields);
    if (severity !== "error") return;
    if (this.#waiting.length >= AGENT_LIMITS.waitingErrors) {
      this.#dropped += 1;
      return;
    }
    const known = Object.entries(fields).filter(([, value]) => value !== undefined);
    const words = [message, ...known.map(([name, value]) => `${name}=${value}`)].join(" ");
    const text = words.replace(/[\0\p{Surrogate}]/gu, "?").slice(0, FLEET_LIMITS.maxTextCharacters);
    this.#waiting.push({ v: 1, kind: "error", id: newId(), at: nowMs(), why: "", text });
  }

  /** Tells what waits, until the collector does not answer. Called now and then. */
  async tell(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const answer = await this.#options.teller.tell(next);
      if (answer !== "+" && answer !== "-") break;
      this.#waiting.shift();
    }
    this.#isTelling = false;
    if (this.#dropped === 0 || this.#waiting.length > 0) return;
    const count = this.#dropped;
    this.#dropped = 0;
    this.event("error", "more errors happened than were kept for the collector", { count });
  }
}

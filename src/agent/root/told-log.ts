import type { Log, LogFields, Severity } from "../../host/log.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { Notices } from "../notices/notices.ts";

interface ToldLogOptions {
  readonly log: Log;
  readonly notices: Pick<Notices, "add" | "isEmpty">;
  nowMs(): number;
  /** A new ULID. */
  newId(): string;
}

/** The log of this node. Errors also go to the collector, where those of all nodes are together. */
export class ToldLog implements Log {
  readonly #options: ToldLogOptions;
  #dropped = 0;

  constructor(options: ToldLogOptions) {
    this.#options = options;
  }

  event(severity: Severity, message: string, fields: LogFields = {}): void {
    const { log, notices, nowMs, newId } = this.#options;
    log.event(severity, message, fields);
    if (severity !== "error") return;
    const known = Object.entries(fields).filter(([, value]) => value !== undefined);
    const words = [message, ...known.map(([name, value]) => `${name}=${value}`)].join(" ");
    const text = words.replace(/[\0\p{Surrogate}]/gu, "?").slice(0, FLEET_LIMITS.maxTextCharacters);
    if (!notices.add({ v: 1, kind: "error", id: newId(), at: nowMs(), why: "", text })) this.#dropped += 1;
  }

  /** Logs the number of dropped errors once the queue is empty. Called each second. */
  sayDropped(): void {
    if (this.#dropped === 0 || !this.#options.notices.isEmpty) return;
    const count = this.#dropped;
    this.#dropped = 0;
    this.event("error", "more errors happened than were kept for the collector", { count });
  }
}

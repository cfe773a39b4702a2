import { addressGroup } from "./address-group.ts";
import type { AuditEvent } from "./audit-event.ts";
import { AuditFile } from "./audit-file.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { OwnActions } from "./own-actions.ts";
import { safeJson } from "./safe-text.ts";

/** Where stages report events that administrators may have to account for. Never blocks, never throws. */
export interface Audit {
  record(event: AuditEvent): void;
}

interface AuditOptions {
  /** Folder of `audit.log`. */
  readonly folder: string;
  readonly limits: {
    readonly auditFileBytes: number;
    readonly auditFiles: number;
    readonly auditRefusalsPerMinute: number;
    readonly auditActionsPerUserPerMinute: number;
  };
  readonly log: Log;
  readonly metrics: Metrics;
  /** Steady: measures elapsed time. */
  readonly nowMs: () => number;
  /** The time of day, for the records. */
  readonly wallMs: () => number;
}

export const AUDIT_LIMITS = {
  /** Limits of one text, and of one list. */
  maxCharacters: 256,
  maxElements: 100,
  /** Equal refusals within this time share one record; the next record carries their number. */
  repeatedWithinMs: 60_000,
} as const;

const LOOK_EVERY_MS = 1_000;
const MINUTE_MS = 60_000;

/** One address gets at most this part of the refusals written for one event in a minute. */
const PART_OF_ADDRESS = 0.25;
/** For each event, folded refusals are counted separately for this many addresses a minute, the others together. */
const MAX_COUNTED_ADDRESSES = 200;
/** For refusals without an address (a relay's node stands for its address). */
const NO_ADDRESS = "";
const OTHER_ADDRESSES = "others";

/** The refusals of one event in a minute. */
interface RefusedMinute {
  written: number;
  /** Records written, by address. */
  readonly ofAddress: Map<string, number>;
  /** Refusals only counted, by address. */
  readonly folded: Map<string, number>;
}

interface Repeated {
  event: AuditEvent;
  untilMs: number;
  count: number;
}

/**
 * Audit records as JSON lines. A flood of refusals neither fills the disk nor pushes out other records: equal refusals
 * share one record; each kind of event has a limit a minute on different ones, and each address a part of that. No
 * flood hides other events or other addresses; the rest is counted by address. Users' actions on what is their own are
 * limited in the same way.
 */
export class AuditLog implements Audit {
  readonly #options: AuditOptions;
  readonly #file: AuditFile;
  readonly #count: (event: string) => { inc(): void };
  /** Holds at most the refusals written in two minutes. */
  readonly #repeated = new Map<string, Repeated>();
  #minuteUntilMs = 0;
  /** Refusals of this minute, by event. */
  readonly #minute = new Map<string, RefusedMinute>();
  readonly #actions: OwnActions;
  readonly #timer: NodeJS.Timeout;

  constructor(options: AuditOptions) {
    const { folder, limits, log, metrics, nowMs } = options;
    this.#options = options;
    this.#actions = new OwnActions(limits.auditActionsPerUserPerMinute);
    this.#count = metrics.counter("ml_audit_records_total", "Audit records", "event");
    const lost = metrics.count("ml_audit_lost_records_total", "Audit records that could not be written");
    this.#file = new AuditFile({
      folder,
      maxFileBytes: limits.auditFileBytes,
      maxFiles: limits.auditFiles,
      log,
      nowMs,
      countLost: (records) => lost.inc(records),
    });
    metrics.gauge("ml_audit_failing", "1 while audit records are lost", () =>
      this.#file.failure === undefined ? 0 : 1,
    );
    this.#timer = setInterval(() => this.#settle(nowMs()), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  record(event: AuditEvent): void {
    const { outcome } = event;
    const user = this.#actions.userOf(event);
    if (outcome !== "ok" && outcome !== "ended") this.#refusal(event);
    else if (user !== undefined) this.#action(event, user);
    else this.#write(event);
  }

  /** Closes the file; the next record reopens it (log rotation by others, SIGHUP). */
  reopen(): Promise<void> {
    return this.#file.close();
  }

  /** Writes records for refusals only counted so far. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#settle(Number.POSITIVE_INFINITY);
    await this.#file.close();
  }

  #refusal(event: AuditEvent): void {
    const nowMs = this.#options.nowMs();
    const { outcome, reason, user, address, node, uid, serial } = event;
    const key = safeJson([event.event, outcome, reason, user, address, node, uid, serial].map(bounded));
    const known = this.#repeated.get(key);
    if (known !== undefined && nowMs < known.untilMs) {
      known.event = event;
      known.count += 1;
      return;
    }
    if (known !== undefined) this.#repeated.delete(key);
    this.#settle(nowMs);
    const minute = this.#minute.get(event.event) ?? { written: 0, ofAddress: new Map(), folded: new Map() };
    this.#minute.set(event.event, minute);
    const from =
      address === undefined ? (node ?? NO_ADDRESS).slice(0, AUDIT_LIMITS.maxCharacters) : addressGroup(address);
    const most = this.#options.limits.auditRefusalsPerMinute;
    const ofAddress = minute.ofAddress.get(from) ?? 0;
    if (minute.written >= most || ofAddress >= Math.ceil(most * PART_OF_ADDRESS)) {
      const place = minute.folded.has(from) || minute.folded.size < MAX_COUNTED_ADDRESSES ? from : OTHER_ADDRESSES;
      minute.folded.set(place, (minute.folded.get(place) ?? 0) + 1 + (known?.count ?? 0));
      return;
    }
    minute.written += 1;
    minute.ofAddress.set(from, ofAddress + 1);
    this.#repeated.set(key, { event, untilMs: nowMs + AUDIT_LIMITS.repeatedWithinMs, count: 0 });
    this.#write(event, known?.count);
  }

  #action(event: AuditEvent, user: string): void {
    this.#settle(this.#options.nowMs());
    if (this.#actions.isRecorded(event.event, user)) this.#write(event);
  }

  /** Writes records for refusals only counted so far, when their time is over. */
  #settle(nowMs: number): void {
    for (const [key, { event, untilMs, count }] of this.#repeated) {
      if (nowMs < untilMs) continue;
      this.#repeated.delete(key);
      if (count > 0) this.#write(event, count);
    }
    if (nowMs < this.#minuteUntilMs) return;
    this.#minuteUntilMs = this.#options.nowMs() + MINUTE_MS;
    for (const { user, of, count } of this.#actions.settle())
      this.#write({ event: "collector", outcome: "ok", reason: "too-many-actions", user, of }, count);
    for (const [of, { folded }] of this.#minute) {
      const event = { event: "collector", outcome: "refused", reason: "too-many-refusals", of } as const;
      for (const [from, count] of folded) this.#write(from === NO_ADDRESS ? event : { ...event, address: from }, count);
    }
    this.#minute.clear();
  }

  /** @param repeated number of further events like it without a record. */
  #write(event: AuditEvent, repeated?: number): void {
    this.#count(event.event).inc();
    const record: Record<string, unknown> = { time: new Date(this.#options.wallMs()).toISOString() };
    for (const [name, value] of Object.entries(event)) record[name] = bounded(value);
    if (repeated) record["repeated"] = repeated;
    this.#file.write(`${safeJson(record)}\n`);
  }
}

function bounded(value: AuditEvent[string]): AuditEvent[string] {
  const { maxCharacters, maxElements } = AUDIT_LIMITS;
  if (typeof value === "string") return value.length > maxCharacters ? `${value.slice(0, maxCharacters)}...` : value;
  if (typeof value !== "object") return value;
  const texts = value.slice(0, maxElements).map((text) => String(bounded(text)));
  return value.length > maxElements ? [...texts, `and ${value.length - maxElements} more`] : texts;
}

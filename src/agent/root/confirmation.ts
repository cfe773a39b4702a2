import type { X509Certificate } from "node:crypto";
import type { Log } from "../../host/log.ts";
import { isProven } from "../../orders/answer-proof.ts";
import type { EventAnswer, FleetEventOf } from "../../wire/fleet/event.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { Journal } from "../journal/journal.ts";
import type { Standing } from "./accepted-runs.ts";
import type { Teller } from "./teller.ts";

interface ConfirmationOptions {
  readonly node: string;
  /** The authority's certificate: it has issued the collector's, which signs the answer. */
  readonly authority: X509Certificate;
  readonly journal: Journal;
  readonly teller: Pick<Teller, "isConnected" | "ask">;
  /** New at each start of this process. */
  readonly start: string;
  readonly log: Log;
  readonly onStanding: (standing: Standing) => void;
  nowMs(): number;
}

/** The largest step is 2 ** 30, which keeps sequences far below the largest exact number. */
const MAX_DOUBLINGS = 30;

/** Asks the collector whether it knows this journal, until it says yes with a valid signature. */
export class Confirmation {
  readonly #options: ConfirmationOptions;
  #isConfirmed = false;
  #isDistrusted = false;
  /** How often the journal proved to be an old copy. */
  #restored = 0;
  #logged: EventAnswer | undefined;

  constructor(options: ConfirmationOptions) {
    this.#options = options;
  }

  /** Called each second. */
  async ask(): Promise<void> {
    const { node, authority, journal, teller, start, onStanding, nowMs } = this.#options;
    if (this.#isConfirmed || !teller.isConnected) return;
    const { id, createdMs, sequence } = journal;
    const of = { journal: id, sequence, at: nowMs(), created: createdMs, start };
    const event = JSON.stringify({ v: 1, kind: "journal", ...of } satisfies FleetEventOf<"journal">);
    const reply = await teller.ask(event);
    if (reply === undefined || this.#isConfirmed) return;
    const { answer, proof } = reply;
    // The event contains the id of this start, so an earlier answer does not verify.
    if (!isProven({ node, event, answer }, proof, { authority, nowMs: nowMs() })) return this.#distrust(proof);
    if (answer === "-" || answer === "?") return;
    // Stored before any decision depends on it.
    if (answer === "restored") this.#restore(sequence);
    this.#isConfirmed = answer === "+";
    onStanding(answer === "+" ? "confirmed" : answer);
    if (answer !== "+" && answer !== this.#logged)
      this.#options.log.event("error", "the collector does not take this journal", { why: answer });
    this.#logged = answer;
  }

  /** Logged once: the question is repeated each second. */
  #distrust(proof: string): void {
    if (this.#isDistrusted) return;
    this.#isDistrusted = true;
    const why = proof === "" ? "no signature: is the collector older than this agent?" : "its signature is wrong";
    const message = "nothing new starts: the answer about this journal is not the collector's";
    this.#options.log.event("error", message, { why });
  }

  /**
   * What ran since the copy was made must not run again; a sender's clock may have been ahead. What comes from now on is new: the window
   * stays where it is, and larger and larger steps reach the collector's number soon, however old the copy is.
   */
  #restore(sequence: number): void {
    const { journal, nowMs } = this.#options;
    if (this.#restored === 0) journal.refuseBefore(nowMs() + FLEET_LIMITS.maxSkewMs);
    journal.saw({ sequence: sequence + 2 ** Math.min(MAX_DOUBLINGS, this.#restored) });
    this.#restored += 1;
  }
}

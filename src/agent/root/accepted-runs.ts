import type { SharedAccess } from "../folders/shared-access.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import { AGENT_LIMITS } from "../limits.ts";
import type { Services } from "../services/services.ts";
import { acceptedOrder } from "./accepted-order.ts";
import type { Checks } from "./checks.ts";
import type { Seen } from "./look.ts";
import type { OpenRun } from "./open-runs.ts";
import { StartRate } from "./start-rate.ts";
import type { Outcome, Starter } from "./starter.ts";

export interface AcceptedRunsOptions {
  readonly journal: Journal;
  readonly checks: Checks;
  readonly starter: Starter;
  readonly services: Pick<Services, "prepare">;
  readonly shared: Pick<SharedAccess, "prepare">;
  nowMs(): number;
}

/** Whether the journal is the one that the collector knows. */
export type Standing = "unconfirmed" | "confirmed" | "restored" | "duplicate";

/** Decides what becomes of accepted runs: each is cancelled, ends before it begins, waits, or starts. */
export class AcceptedRuns {
  readonly #options: AcceptedRunsOptions;
  readonly #rate = new StartRate();
  standing: Standing = "unconfirmed";

  constructor(options: AcceptedRunsOptions) {
    this.#options = options;
  }

  /** @param onOutcome called with the reason if it did not start, or when it has ended */
  async begin(name: RunName, run: OpenRun, onOutcome: (outcome: Outcome) => void): Promise<void> {
    const { journal, checks, starter, services, shared, nowMs } = this.#options;
    const canceller = journal.canceller(name);
    const never = (state: "cancelled" | "refused" | "expired" | "unknown", why: Seen["why"] = "", by = ""): void =>
      void journal.never(name, { state, why: why as "", by }, nowMs());
    if (canceller !== undefined) return never("cancelled", "", canceller);
    const accepted = acceptedOrder(journal, name);
    if (accepted === undefined) return never("refused", "malformed-order");
    const { order, signed, uid } = accepted;
    if (nowMs() > order.expires) return never("expired");
    if (this.standing === "restored") return never("unknown", "journal-restored");
    if (starter.isStarting(name)) return;
    if (this.standing !== "confirmed" || nowMs() < run.startAfterMs || !this.#rate.take(name.user, nowMs())) return;
    const opened = checks.open(JSON.stringify(signed));
    if (opened.kind === "refused") return never("refused", opened.why);
    const verdict = await checks.judge(opened.order);
    if (verdict.kind === "refuse") return verdict.why === "expired" ? never("expired") : never("refused", verdict.why);
    if (verdict.kind === "obey" && verdict.uid !== uid) return never("refused", "uid-changed");
    if (verdict.kind === "wait") return this.wait(run, verdict.why);
    const prepared = await (order.kind === "call" ? services.prepare(order) : shared.prepare(order));
    if (prepared.kind === "refuse") return onOutcome(prepared);
    if (prepared.kind === "wait") return this.wait(run, prepared.why);
    // A cancel may have decided the run during the directory look-up.
    if (journal.claim(name) !== undefined) return;
    run.startAfterMs = nowMs() + AGENT_LIMITS.startAgainAfterMs;
    if (prepared.kind === "serve") starter.serve(name, prepared, onOutcome);
    if (prepared.kind === "ready" && order.kind === "run")
      starter.start(name, { order, uid, shared: prepared.places }, onOutcome);
  }

  /** Postpones the start; the run shows the reason meanwhile. */
  wait(run: OpenRun, why: string): void {
    run.waits = why;
    run.startAfterMs = this.#options.nowMs() + AGENT_LIMITS.startAgainAfterMs;
  }
}

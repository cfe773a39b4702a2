import type { Log } from "../../host/log.ts";
import { isFinal } from "../../wire/fleet/states.ts";
import type { SharedAccess } from "../folders/shared-access.ts";
import type { RunName } from "../journal/journal.ts";
import type { Supervisor } from "../journal/records.ts";
import { AGENT_LIMITS } from "../limits.ts";
import { acceptedOrder } from "./accepted-order.ts";
import { AcceptedRuns, type AcceptedRunsOptions, type Standing } from "./accepted-runs.ts";
import { lookAt, type Seen } from "./look.ts";
import { type OpenRun, OpenRuns } from "./open-runs.ts";
import type { Outcome } from "./starter.ts";
import { tellState } from "./tell-state.ts";
import type { Teller } from "./teller.ts";

export interface RunsOptions extends AcceptedRunsOptions {
  readonly shared: Pick<SharedAccess, "prepare" | "places">;
  readonly teller: Teller;
  readonly boot: string;
  isAlive(process: Supervisor): boolean;
  readonly log: Log;
  /** Calls once after a time. Returns how to call that off. */
  after(act: () => void, afterMs: number): () => void;
}

/**
 * Moves every open run on, one step at a time: reads what is on the disk, decides at most one thing, and reports it until the
 * collector has stored it. Any step may be the last of this process; the next one begins with reading again.
 */
export class Runs {
  readonly #options: RunsOptions;
  readonly #open: OpenRuns;
  readonly #accepted: AcceptedRuns;

  constructor(options: RunsOptions) {
    this.#options = options;
    this.#accepted = new AcceptedRuns(options);
    this.#open = new OpenRuns(options.journal, (name) => this.step(name));
    for (const name of options.journal.all()) this.#recall(name);
  }

  /** Number of open runs, of one user or of all. */
  openCount(user?: string): number {
    return this.#open.count(user);
  }

  openNames(): readonly RunName[] {
    return this.#open.names();
  }

  /** Services that running commands have published. */
  offers(): readonly string[] {
    return this.#open.offers();
  }

  /** The run whose command offers this service, and its start. */
  offering(service: string): { readonly run: string; readonly sinceMs: number } | undefined {
    const name = this.#open.offering(service);
    const seen = name === undefined ? undefined : this.look(name);
    return name === undefined || seen?.state !== "started" ? undefined : { run: name.run, sinceMs: seen.at };
  }

  set standing(standing: Standing) {
    this.#accepted.standing = standing;
    this.stepAll();
  }

  stepAll(): void {
    for (const name of this.#open.names()) this.step(name);
  }

  /** Opens a run, if it is not, and moves it on. `isAsked`: the collector does not know what became of it. */
  step(name: RunName, { isAsked = false }: { readonly isAsked?: boolean } = {}): void {
    const run = this.#open.open(name);
    run.isAsked ||= isAsked;
    if (run.isBusy) {
      run.isAgain = true;
      return;
    }
    run.isBusy = true;
    void this.#step(name, run);
  }

  look(name: RunName): Seen | undefined {
    return lookAt(name, this.#options);
  }

  close(): void {
    this.#open.closeAll();
  }

  /** At the start: learns numbers, and opens the runs whose end the collector does not know. */
  #recall(name: RunName): void {
    const { journal } = this.#options;
    const seen = this.look(name);
    journal.saw({ sequence: seen?.sequence ?? 0, issued: acceptedOrder(journal, name)?.order.issued ?? 0 });
    const isOver =
      seen === undefined || (isFinal(seen.state) && seen.state !== "unknown" && journal.wasTold(name, seen.state));
    if (!isOver) this.#open.open(name);
  }

  async #step(name: RunName, run: OpenRun): Promise<void> {
    try {
      do {
        run.isAgain = false;
        const seen = this.look(name);
        if (seen === undefined) return this.#open.close(name);
        if (run.isAsked) this.#untell(name, run, seen);
        if (seen.state === "accepted")
          await this.#accepted.begin(name, run, (outcome) => this.#supervised(name, run, outcome));
        run.offers = seen.state === "started" ? this.#goOn(name) : "";
        await this.#tell(name, run);
      } while (run.isAgain);
    } catch (error) {
      this.#options.log.event("error", "cannot move a run on", { ...name, error: String(error) });
    } finally {
      run.isBusy = false;
    }
  }

  /** Reports a state again. Only in the run's turn: the answer to an earlier report must not settle a later request. */
  #untell(name: RunName, run: OpenRun, seen: Seen): void {
    run.isAsked = false;
    this.#options.journal.untell(name, seen.state);
    run.tellAfterMs = 0;
    run.waitsTold = "";
  }

  /** Handles a started run: a supervisor sees a cancel itself, a unit must be stopped. Returns the published service. */
  #goOn(name: RunName): string {
    const { journal, starter } = this.#options;
    const { order, uid } = acceptedOrder(journal, name) ?? {};
    if (uid === undefined || order?.kind !== "run") return "";
    if (journal.canceller(name) !== undefined) starter.stop(name, uid);
    return order.publish === "" ? "" : `${order.user}/${order.publish}`;
  }

  /** Removes staged files before the end is reported. */
  async #clean(name: RunName, seen: Seen): Promise<void> {
    const { journal, starter, shared } = this.#options;
    const { order, uid } = acceptedOrder(journal, name) ?? {};
    if (uid === undefined || order?.kind !== "run") return;
    const of = { order, uid, shared: await shared.places(order) };
    const isCut = journal.claim(name)?.kind === "started" && seen.state === "unknown" && order.files.length > 0;
    const placed = isCut && journal.placed(name) === undefined ? await starter.placed(of) : undefined;
    if (placed !== undefined) journal.keepPlaced(name, placed);
    await starter.clean(name, of);
  }

  #supervised(name: RunName, run: OpenRun, outcome: Outcome): void {
    const { journal, log, nowMs } = this.#options;
    if (outcome.kind === "wait") this.#accepted.wait(run, outcome.why);
    if (outcome.kind === "staged") run.startAfterMs = 0;
    if (outcome.kind === "refuse") {
      const text = outcome.text === undefined ? {} : { text: outcome.text };
      try {
        journal.never(name, { state: "refused", why: outcome.why, by: "", ...text }, nowMs());
      } catch (error) {
        // Refused again once the disk has room.
        log.event("error", "cannot record a refusal", { ...name, error: String(error) });
        this.#accepted.wait(run, "disk");
      }
    }
    this.step(name);
  }

  /** Reports the current state, unless the collector has stored it. */
  async #tell(name: RunName, run: OpenRun): Promise<void> {
    const { journal, nowMs, after } = this.#options;
    let seen = this.look(name);
    if (seen === undefined) return;
    if (seen.state === "accepted" && run.waits !== "" && run.waits !== run.waitsTold) {
      const waits = run.waits;
      const answer = await tellState(this.#options, name, { ...seen, state: "waiting", why: waits, at: nowMs() });
      if (answer === "+") run.waitsTold = waits;
    }
    const isTold = journal.wasTold(name, seen.state);
    if (isFinal(seen.state) && !isTold && !run.isClean) {
      run.isClean = true;
      await this.#clean(name, seen);
      seen = this.look(name) ?? seen;
    }
    if (!isTold && nowMs() >= run.tellAfterMs) {
      const answer = await tellState(this.#options, name, seen);
      if (answer === "+" || answer === "-") journal.told(name, seen.state);
      else {
        run.tellAfterMs = nowMs() + AGENT_LIMITS.lookEveryMs;
        after(() => this.step(name), AGENT_LIMITS.lookEveryMs);
      }
      // The run may have changed while the collector stored this.
      run.isAgain = run.isAgain || answer === "+";
      return;
    }
    // The end of an unknown run may still be found.
    if (isTold && isFinal(seen.state) && seen.state !== "unknown") this.#open.close(name);
  }
}

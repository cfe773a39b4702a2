import { type FSWatcher, watch } from "node:fs";
import type { Journal, RunName } from "../journal/journal.ts";
import { AGENT_LIMITS } from "../limits.ts";

/** An open run in memory: when to act next and what to repeat. Decisions are on the disk. */
export interface OpenRun {
  readonly watcher: FSWatcher | undefined;
  isBusy: boolean;
  isAgain: boolean;
  /** The collector has asked for its state. */
  isAsked: boolean;
  startAfterMs: number;
  tellAfterMs: number;
  /** Why it waits, and the reason that the collector has stored. */
  waits: string;
  waitsTold: string;
  /** Its staged files were removed. */
  isClean: boolean;
  /** `USER/NAME` that its command offers while it runs; empty: nothing. */
  offers: string;
}

/** Runs whose end the collector does not know, each with a watch on its folder. Callers bound their number. */
export class OpenRuns {
  readonly #journal: Journal;
  readonly #onRecord: (name: RunName) => void;
  readonly #open = new Map<string, { readonly name: RunName; readonly run: OpenRun }>();

  /** @param onRecord called at once for a claim or an exit. */
  constructor(journal: Journal, onRecord: (name: RunName) => void) {
    this.#journal = journal;
    this.#onRecord = onRecord;
  }

  /** Number of open runs, of one user or of all. */
  count(user?: string): number {
    if (user === undefined) return this.#open.size;
    return this.names().filter((name) => name.user === user).length;
  }

  names(): readonly RunName[] {
    return [...this.#open.values()].map(({ name }) => name);
  }

  /** Services of running commands: the first ones of each user, so that no user fills the list alone. */
  offers(): readonly string[] {
    const ofUsers = new Map<string, Set<string>>();
    for (const { name, run } of this.#open.values()) {
      const offered = ofUsers.get(name.user) ?? new Set();
      if (run.offers !== "" && offered.size < AGENT_LIMITS.offersOfUser) offered.add(run.offers);
      ofUsers.set(name.user, offered);
    }
    return [...ofUsers.values()].flatMap((offered) => [...offered]);
  }

  /** The run whose command offers this; undefined: none. */
  offering(service: string): RunName | undefined {
    return [...this.#open.values()].find(({ run }) => run.offers === service)?.name;
  }

  /** Opens it, if it is not. */
  open(name: RunName): OpenRun {
    const known = this.#open.get(keyOf(name));
    if (known !== undefined) return known.run;
    const run: OpenRun = {
      watcher: this.#watch(name),
      isBusy: false,
      isAgain: false,
      isAsked: false,
      startAfterMs: 0,
      tellAfterMs: 0,
      waits: "",
      waitsTold: "",
      isClean: false,
      offers: "",
    };
    this.#open.set(keyOf(name), { name, run });
    return run;
  }

  close(name: RunName): void {
    this.#open.get(keyOf(name))?.run.watcher?.close();
    this.#open.delete(keyOf(name));
  }

  closeAll(): void {
    for (const name of this.names()) this.close(name);
  }

  /** Without a free inotify watch, the check each second finds new records. */
  #watch(name: RunName): FSWatcher | undefined {
    try {
      const watcher = watch(this.#journal.folderOf(name), (_event, file) => {
        if (file === "claim" || file === "exit") this.#onRecord(name);
      });
      watcher.on("error", () => watcher.close());
      return watcher;
    } catch {
      return undefined;
    }
  }
}

function keyOf({ user, run }: RunName): string {
  return `${user}.${run}`;
}

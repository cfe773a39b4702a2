import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executionOf } from "../../orders/execution-of.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import { orderFields } from "./order-fields.ts";

export type Outcome =
  | { readonly kind: "over" }
  | { readonly kind: "wait"; readonly why: "disk" | "directory" | "start" }
  | { readonly kind: "refuse"; readonly why: "uid-changed" };

/** A run that may start, with its folder, in which `fields` is written. */
export interface Start {
  readonly folder: string;
  readonly name: RunName;
  readonly order: OrderOf<"run">;
  readonly uid: number;
  /** The number of the decision that the claim will be. */
  readonly sequence: number;
}

/** Whether a user can enter a folder. `wait`: nobody can say at the moment. */
export type Entry = "open" | "closed" | "wait";

/** How a run becomes processes. Whatever it starts first claims the run: should two be started, one gets the claim. */
export interface Form {
  readonly limitsMemory: boolean;
  /** `onEnd`: it is over, has been handed on, or could claim nothing. */
  start(start: Start, onEnd: (outcome: Outcome) => void): void;
  /** A started run whose `cancel` is in its folder. Called again until it has ended. */
  stop(of: { readonly name: RunName; readonly uid: number }): void;
  /** Of a dry run: looks as the user, and starts nothing of the order. */
  enter(of: { readonly name: RunName; readonly uid: number; readonly folder: string }): Promise<Entry>;
}

export interface StarterOptions {
  readonly node: string;
  readonly runDir: string;
  /** Users read there who had their command stopped. */
  readonly stopFolder: string;
  readonly form: Form;
  readonly journal: Journal;
}

/** Starts runs, each at most once at a time. */
export class Starter {
  readonly #options: StarterOptions;
  readonly #starting = new Set<string>();

  constructor(options: StarterOptions) {
    this.#options = options;
    mkdirSync(options.stopFolder, { recursive: true, mode: 0o755 });
    chmodSync(options.stopFolder, 0o755);
  }

  get limitsMemory(): boolean {
    return this.#options.form.limitsMemory;
  }

  isStarting({ user, run }: RunName): boolean {
    return this.#starting.has(`${user}.${run}`);
  }

  start(name: RunName, of: { order: OrderOf<"run">; uid: number }, onEnd: (outcome: Outcome) => void): void {
    const { journal, runDir, node, form } = this.#options;
    const folder = journal.folderOf(name);
    const x = executionOf(name.run, node);
    const fields = orderFields(of.order, { x, runDir, stopFile: this.#stopFile(name) });
    writeFileSync(join(folder, ".fields"), fields, { mode: 0o600 });
    renameSync(join(folder, ".fields"), join(folder, "fields"));
    const key = `${name.user}.${name.run}`;
    this.#starting.add(key);
    form.start({ folder, name, ...of, sequence: journal.nextSequence() }, (outcome) => {
      if (this.#starting.delete(key)) onEnd(outcome);
    });
  }

  stop(name: RunName, uid: number): void {
    this.#options.form.stop({ name, uid });
  }

  enter(name: RunName, of: { readonly uid: number; readonly folder: string }): Promise<Entry> {
    return this.#options.form.enter({ name, ...of });
  }

  /** Says in the execution's END who had it stopped. */
  sayWhoStops(name: RunName, by: string): void {
    writeFileSync(this.#stopFile(name), `${by}\n`, { mode: 0o644 });
  }

  forget(name: RunName): void {
    rmSync(this.#stopFile(name), { force: true });
  }

  #stopFile(name: RunName): string {
    return join(this.#options.stopFolder, `${name.user}.${name.run}`);
  }
}

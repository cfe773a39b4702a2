import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executionOf } from "../../orders/execution-of.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { Refusal } from "../../wire/fleet/refusal.ts";
import { publishFields } from "../files/file-fields.ts";
import type { FileAction, Stager, Staging } from "../files/stager.ts";
import type { Staged } from "../files/writer.ts";
import { startFolder } from "../folders/shared-access.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import { orderFields } from "./order-fields.ts";

export type Outcome =
  /** `staged`: its files are staged, and whether it may start is checked again. */
  | { readonly kind: "over" | "staged" }
  | { readonly kind: "wait"; readonly why: string }
  | { readonly kind: "refuse"; readonly why: Refusal; readonly text?: string };

/** A run to start. Its folder holds `fields`. */
export interface Start {
  readonly folder: string;
  readonly name: RunName;
  readonly order: OrderOf<"run">;
  readonly uid: number;
  /** Sequence number for the claim. */
  readonly sequence: number;
}

/** A call to start. Its folder holds `fields`: the service's program and its input. */
export interface Serving {
  readonly folder: string;
  readonly name: RunName;
  /** User that the service runs as. */
  readonly user: string;
  readonly uid: number;
  readonly seconds: number;
  readonly sequence: number;
}

/** Whether a user can enter a folder. `wait`: unknown at the moment. */
export type Entry = "open" | "closed" | "wait";

/** Starts a run's processes. The first thing they do is claim the run: if two are started, only one gets the claim. */
export interface Form {
  readonly limitsMemory: boolean;
  /** `[command, ...args]` that runs an action of mlsupervise for a user. */
  command(action: FileAction, of: { readonly user: string; readonly uid: number; readonly run: string }): string[];
  /** `[command, ...args]` that executes a program that only looks, as a user, with this process's pipes. */
  look(of: { readonly user: string; readonly uid: number; readonly seconds: number }): string[];
  /** `onEnd`: it is over, has been handed on, or could claim nothing. */
  start(start: Start, onEnd: (outcome: Outcome) => void): void;
  /** The same for a call, which sees a cancel itself. */
  serve(serving: Serving, onEnd: (outcome: Outcome) => void): void;
  /** Stops a started run whose `cancel` is in its folder. Called repeatedly until it has ended. */
  stop(of: { readonly name: RunName; readonly uid: number }): void;
  /** For a dry run: checks as the user, and starts nothing. */
  enter(of: { readonly name: RunName; readonly uid: number; readonly folder: string }): Promise<Entry>;
}

interface ToStart extends Staged {
  readonly order: OrderOf<"run">;
}

interface StarterOptions {
  readonly node: string;
  readonly runDir: string;
  /** Folder in which a user's mlrun reads who had its command stopped. */
  readonly stopFolder: string;
  readonly form: Form;
  readonly stager: Pick<Stager, "stage" | "would" | "discard" | "placed">;
  readonly journal: Journal;
}

/** Starts runs, each at most once at a time. */
export class Starter {
  readonly #options: StarterOptions;
  readonly #starting = new Set<string>();
  readonly #staging = new Map<string, { readonly gone: AbortController; readonly done: Promise<void> }>();
  /** Paths of staged files. A restart of this process stages them again. */
  readonly #staged = new Map<string, readonly string[]>();

  constructor(options: StarterOptions) {
    this.#options = options;
    mkdirSync(options.stopFolder, { recursive: true, mode: 0o755 });
    chmodSync(options.stopFolder, 0o755);
  }

  get limitsMemory(): boolean {
    return this.#options.form.limitsMemory;
  }

  isStarting(name: RunName): boolean {
    return this.#starting.has(keyOf(name)) || this.#staging.has(keyOf(name));
  }

  /** Stages the files first, which may take long: the caller then checks again whether the run may start. */
  start(name: RunName, of: ToStart, onEnd: (outcome: Outcome) => void): void {
    const key = keyOf(name);
    const paths = of.order.files.length === 0 ? [] : this.#staged.get(key);
    if (paths !== undefined) {
      this.#execute(name, { ...of, paths }, onEnd);
      return;
    }
    const gone = new AbortController();
    const done = this.#stage(key, { ...of, signal: gone.signal }).then((outcome) => {
      this.#staging.delete(key);
      onEnd(outcome);
    });
    this.#staging.set(key, { gone, done });
  }

  /** The published files of a run whose end was missed. Undefined if they could not be checked. */
  placed(of: Staged): Promise<readonly string[] | undefined> {
    return this.#options.stager.placed(of);
  }

  /** Removes files that were staged and not published: the run will not start, or has ended. */
  async clean(name: RunName, of: Staged): Promise<void> {
    const staging = this.#staging.get(keyOf(name));
    staging?.gone.abort();
    await staging?.done;
    this.#staged.delete(keyOf(name));
    if (of.order.files.length > 0) await this.#options.stager.discard(of);
  }

  async #stage(key: string, of: Staging): Promise<Outcome> {
    try {
      const outcome = await this.#options.stager.stage(of);
      if (outcome.kind !== "staged") return outcome;
      this.#staged.set(key, outcome.paths);
      return { kind: "staged" };
    } catch {
      return { kind: "wait", why: "files" };
    }
  }

  #execute(
    name: RunName,
    { paths, ...of }: ToStart & { readonly paths: readonly string[] },
    onEnd: (outcome: Outcome) => void,
  ): void {
    const { journal, runDir, node, form } = this.#options;
    const folder = journal.folderOf(name);
    const x = executionOf(name.run, node);
    const order = { ...of.order, cwd: startFolder(of.order.cwd, of.shared) };
    const command = orderFields(order, { x, runDir, stopFile: this.#stopFile(name) });
    const fields =
      publishFields({ ...of, node: this.#options.node }, paths) + (of.order.argv.length === 0 ? "" : command);
    writeFields(folder, fields);
    form.start({ folder, name, ...of, sequence: journal.nextSequence() }, this.#begin(name, onEnd));
  }

  /** Executes a service for a call. */
  serve(
    name: RunName,
    { fields, ...as }: Pick<Serving, "user" | "uid" | "seconds"> & { readonly fields: string },
    onEnd: (outcome: Outcome) => void,
  ): void {
    const { journal, form } = this.#options;
    const folder = journal.folderOf(name);
    writeFields(folder, fields);
    form.serve({ folder, name, ...as, sequence: journal.nextSequence() }, this.#begin(name, onEnd));
  }

  #begin(name: RunName, onEnd: (outcome: Outcome) => void): (outcome: Outcome) => void {
    const key = keyOf(name);
    this.#starting.add(key);
    return (outcome) => {
      if (this.#starting.delete(key)) onEnd(outcome);
    };
  }

  stop(name: RunName, uid: number): void {
    this.#options.form.stop({ name, uid });
  }

  enter(name: RunName, of: { readonly uid: number; readonly folder: string }): Promise<Entry> {
    return this.#options.form.enter({ name, ...of });
  }

  /** For a dry run: the reason why files cannot be written. */
  wouldPut(of: Staged): ReturnType<Stager["would"]> {
    return this.#options.stager.would(of);
  }

  /** Names the canceller in the execution's END. */
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

function writeFields(folder: string, fields: string): void {
  writeFileSync(join(folder, ".fields"), fields, { mode: 0o600 });
  renameSync(join(folder, ".fields"), join(folder, "fields"));
}

function keyOf({ user, run }: RunName): string {
  return `${user}.${run}`;
}

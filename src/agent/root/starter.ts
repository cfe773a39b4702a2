import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executionOf } from "../../orders/execution-of.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { Journal, RunName } from "../journal/journal.ts";
import { orderFields } from "./order-fields.ts";

/** Exit statuses of `mlsupervise` from before its claim: nothing was started (`supervise/main.c`). */
const BEFORE_CLAIM: Readonly<Record<number, Outcome>> = {
  70: { kind: "wait", why: "disk" },
  76: { kind: "refuse", why: "uid-changed" },
  77: { kind: "wait", why: "directory" },
};

export type Outcome =
  | { readonly kind: "over" }
  | { readonly kind: "wait"; readonly why: "disk" | "directory" | "start" }
  | { readonly kind: "refuse"; readonly why: "uid-changed" };

export interface StarterOptions {
  readonly node: string;
  readonly runDir: string;
  /** Users read there who had their command stopped. */
  readonly stopFolder: string;
  readonly supervise: string;
  readonly mlrun: string;
  readonly journal: Journal;
}

/**
 * Starts a supervisor for each run: a process of its own, which outlives this one. It claims the run; should two be started
 * for one run, only one gets the claim.
 */
export class Starter {
  readonly #options: StarterOptions;
  readonly #children = new Set<string>();

  constructor(options: StarterOptions) {
    this.#options = options;
    mkdirSync(options.stopFolder, { recursive: true, mode: 0o755 });
    chmodSync(options.stopFolder, 0o755);
  }

  isStarting({ user, run }: RunName): boolean {
    return this.#children.has(`${user}.${run}`);
  }

  /** `onEnd`: the supervisor is over, or could claim nothing. */
  start(name: RunName, of: { order: OrderOf<"run">; uid: number }, onEnd: (outcome: Outcome) => void): void {
    const { supervise, mlrun, journal, runDir } = this.#options;
    const folder = journal.folderOf(name);
    const { order, uid } = of;
    const fields = orderFields(order, { x: this.#x(name), runDir, stopFile: this.#stopFile(name) });
    writeFileSync(join(folder, ".fields"), fields, { mode: 0o600 });
    renameSync(join(folder, ".fields"), join(folder, "fields"));
    const words = [
      folder,
      String(uid),
      name.user,
      String(order.killAfterSeconds),
      String(journal.nextSequence()),
      mlrun,
    ];
    const child = spawn(supervise, words, { detached: true, stdio: "ignore", cwd: "/" });
    const key = `${name.user}.${name.run}`;
    this.#children.add(key);
    const end = (outcome: Outcome): void => {
      if (this.#children.delete(key)) onEnd(outcome);
    };
    child.once("error", () => end({ kind: "wait", why: "start" }));
    child.once("exit", (code, signal) => end(outcomeOf(code, signal)));
    release(child);
  }

  /** Says in the execution's END who had it stopped. */
  sayWhoStops(name: RunName, by: string): void {
    writeFileSync(this.#stopFile(name), `${by}\n`, { mode: 0o644 });
  }

  forget(name: RunName): void {
    rmSync(this.#stopFile(name), { force: true });
  }

  #x({ run }: RunName): string {
    return executionOf(run, this.#options.node);
  }

  #stopFile(name: RunName): string {
    return join(this.#options.stopFolder, `${name.user}.${name.run}`);
  }
}

/** It is not this process's to keep alive, nor to be kept alive by. */
function release(child: ChildProcess): void {
  child.unref();
}

function outcomeOf(code: number | null, signal: NodeJS.Signals | null): Outcome {
  if (signal === "SIGALRM") return { kind: "wait", why: "directory" };
  return BEFORE_CLAIM[code ?? 0] ?? { kind: "over" };
}

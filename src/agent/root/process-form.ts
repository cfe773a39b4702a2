import { spawn } from "node:child_process";
import type { FileAction } from "../files/stager.ts";
import type { RunName } from "../journal/journal.ts";
import { entryOf } from "./entry.ts";
import type { Entry, Form, Outcome, Serving, Start } from "./starter.ts";

/** Exit statuses of `mlsupervise` from before its claim: nothing was started (`supervise/supervise.h`). */
const BEFORE_CLAIM: Readonly<Record<number, Outcome>> = {
  70: { kind: "wait", why: "disk" },
  76: { kind: "refuse", why: "uid-changed" },
  77: { kind: "wait", why: "directory" },
};

/** Without systemd: each run has a supervisor process, which outlives this one and sees cancels itself. */
export class ProcessForm implements Form {
  readonly limitsMemory = false;
  readonly #programs: { readonly supervise: string; readonly mlrun: string };

  constructor(programs: { readonly supervise: string; readonly mlrun: string }) {
    this.#programs = programs;
  }

  command(action: FileAction, { user, uid }: { readonly user: string; readonly uid: number }): string[] {
    return [this.#programs.supervise, action, String(uid), user];
  }

  look({ user, uid, seconds }: { readonly user: string; readonly uid: number; readonly seconds: number }): string[] {
    return [this.#programs.supervise, "look", String(uid), user, String(seconds)];
  }

  start({ folder, name, order, uid, sequence }: Start, onEnd: (outcome: Outcome) => void): void {
    const { mlrun } = this.#programs;
    this.#spawn(
      ["run", folder, String(uid), name.user, String(order.killAfterSeconds), String(sequence), mlrun],
      onEnd,
    );
  }

  serve({ folder, user, uid, seconds, sequence }: Serving, onEnd: (outcome: Outcome) => void): void {
    this.#spawn(["serve", folder, String(uid), user, String(seconds), String(sequence)], onEnd);
  }

  #spawn(words: readonly string[], onEnd: (outcome: Outcome) => void): void {
    const child = spawn(this.#programs.supervise, words, { detached: true, stdio: "ignore", cwd: "/" });
    child.once("error", () => onEnd({ kind: "wait", why: "start" }));
    child.once("exit", (code, signal) => onEnd(outcomeOf(code, signal)));
    child.unref();
  }

  stop(): void {}

  enter({ name, uid, folder }: { name: RunName; uid: number; folder: string }): Promise<Entry> {
    const child = spawn(this.#programs.supervise, ["enter", String(uid), name.user], {
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
    });
    child.stdin.on("error", () => undefined).end(folder);
    return new Promise((resolve) => {
      child.once("error", () => resolve("wait"));
      child.once("exit", (code) => resolve(entryOf(code)));
    });
  }
}

function outcomeOf(code: number | null, signal: NodeJS.Signals | null): Outcome {
  if (signal === "SIGALRM") return { kind: "wait", why: "directory" };
  return BEFORE_CLAIM[code ?? 0] ?? { kind: "over" };
}

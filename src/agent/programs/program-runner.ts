import { spawn } from "node:child_process";
import { userInfo } from "node:os";
import type { UserDirectory } from "../../host/users.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { AGENT_LIMITS } from "../limits.ts";
import { type Program, programFields } from "./program-fields.ts";

export type Looked =
  | { readonly kind: "done"; readonly output: string }
  | { readonly kind: "failed"; readonly why: "slow" | "unreadable" | "too-long"; readonly text: string };

/** `[command, ...args]` that executes a program as this user, with this process's pipes. */
export type Look = (of: { readonly user: string; readonly uid: number; readonly seconds: number }) => string[];

interface ProgramRunnerOptions {
  /** User for programs if this process is root: neither root nor the asking user. */
  readonly user: string;
  readonly users: Pick<UserDirectory, "byName">;
  readonly look: Look;
  /** Calls once after a time. Returns how to call that off. */
  after(act: () => void, afterMs: number): () => void;
}

/** Exit status of `mlsupervise look` for a timeout (`supervise/supervise.h`). */
const LATE = 79;

/** Runs read-only programs as an unprivileged user, with bounded time and output. */
export class ProgramRunner {
  readonly #options: ProgramRunnerOptions;

  constructor(options: ProgramRunnerOptions) {
    this.#options = options;
  }

  async run(program: Program): Promise<Looked> {
    const { user, users, look } = this.#options;
    if (process.getuid?.() !== 0) {
      const own = userInfo();
      return this.#run(look({ user: own.username, uid: own.uid, seconds: SECONDS }), program);
    }
    const found = await users.byName(user);
    if (found === undefined || found === "unavailable" || found.uid === 0)
      return failed("unreadable", `The node has no user ${user} who could look: agent.toml, provider-user`);
    return this.#run(look({ user, uid: found.uid, seconds: SECONDS }), program);
  }

  #run([command = "", ...args]: readonly string[], program: Program): Promise<Looked> {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], cwd: "/" });
    const pieces: Buffer[] = [];
    let bytes = 0;
    let said = "";
    let isLate = false;
    child.stdout.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= FLEET_LIMITS.maxEventBytes) pieces.push(piece);
      // A program that keeps printing gets SIGPIPE.
      else child.stdout.destroy();
    });
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      if (said.length < FLEET_LIMITS.maxTextCharacters) said += part;
    });
    // A program may ignore its input.
    child.stdin.on("error", () => undefined).end(programFields(program));
    const callOff = this.#options.after(() => {
      isLate = true;
      child.kill("SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
    }, AGENT_LIMITS.lookWithinMs);
    return new Promise<Looked>((resolve) => {
      child.once("error", (error) => resolve(failed("unreadable", String(error))));
      child.once("close", (code) => {
        if (bytes > FLEET_LIMITS.maxEventBytes)
          resolve(failed("too-long", `It printed more than ${FLEET_LIMITS.maxEventBytes} bytes`));
        else if (isLate || code === LATE) resolve(failed("slow", "It could not look in time"));
        else if (code !== 0) resolve(failed("unreadable", wordsOf(said)));
        else resolve({ kind: "done", output: Buffer.concat(pieces).toString("utf8") });
      });
    }).finally(callOff);
  }
}

const SECONDS = AGENT_LIMITS.answerWithinMs / 1_000;

function failed(why: "slow" | "unreadable" | "too-long", text: string): Looked {
  return { kind: "failed", why, text };
}

function wordsOf(said: string): string {
  const words = said
    .replace(/[\p{Cc}\p{Surrogate}]/gu, " ")
    .trim()
    .slice(0, FLEET_LIMITS.maxTextCharacters);
  return words === "" ? "The program has failed, and said nothing on stderr" : words;
}

import { spawn } from "node:child_process";
import { Duplex } from "node:stream";

/** A question about a user: a login, by password, or whether one would be allowed (PAM's account rules). */
export interface PamQuestion {
  readonly user: string;
  /** Undefined: check only the account. */
  readonly password: string | undefined;
  /** The client's address; empty if unknown. */
  readonly address: string;
}

type PamAnswer =
  | { readonly result: "accepted"; readonly uid: number }
  | { readonly result: "denied" }
  | { readonly result: "unavailable"; readonly reason: string };

/** Asks the person who logs in. Undefined: there is no one to answer, or no longer. */
type OnPrompt = (prompt: string, isEcho: boolean) => Promise<string | undefined>;

/** Asks PAM. Never rejects. */
export type AskPam = (question: PamQuestion, onPrompt: OnPrompt) => Promise<PamAnswer>;

interface PamOptions {
  /** mlpam, in src/auth/pam. */
  readonly program: string;
  /** File in /etc/pam.d. */
  readonly service: string;
}

/**
 * Longer than any module waits: for a directory, a second factor, a person with a token. Then its process is killed.
 */
const HANGS_AFTER_MS = 60_000;
/** Modules may start programs. */
const ENVIRONMENT = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
const MAX_HELD_CHARACTERS = 4_096;

/** Asks PAM, with one process of mlpam for each question. */
export function createPam({ program, service }: PamOptions): AskPam {
  return ({ user, password, address }, onPrompt) =>
    new Promise((resolve) => {
      const child = spawn(program, [], { stdio: ["ignore", "ignore", "inherit", "pipe"], env: ENVIRONMENT });
      // Out of descriptors, spawn() leaves stdio undefined and reports the reason in an event.
      const stdio: (typeof child)["stdio"] | undefined = child.stdio;
      const stream = stdio?.[3] instanceof Duplex ? stdio[3] : undefined;
      let isFirstPrompt = true;
      // The first answer counts. Then the process ends by itself, unless a module hangs while closing.
      const settle = (answer: PamAnswer) => {
        stream?.destroy();
        resolve(answer);
      };
      const fail = (reason: string) => {
        settle({ result: "unavailable", reason });
        child.kill("SIGKILL");
      };
      const timer = setTimeout(() => fail("a PAM module hangs"), HANGS_AFTER_MS);
      child.on("error", (error) => fail(String(error)));
      // Not "exit": while others end, it comes before the last bytes of this process, and so before its answer.
      child.on("close", (code, signal) => {
        clearTimeout(timer);
        fail(`mlpam ended without an answer (${signal ?? code})`);
      });
      if (stream === undefined) return;

      async function reply(prompt: string, isEcho: boolean): Promise<void> {
        const isForPassword = isFirstPrompt && !isEcho && password !== undefined;
        if (!isEcho) isFirstPrompt = false;
        const text = isForPassword ? password : await onPrompt(prompt, isEcho);
        if (text === undefined) settle({ result: "denied" });
        else stream?.write(`${text}\0`);
      }

      function take(message: string): void {
        const [kind, text] = [message[0], message.slice(1)];
        if (kind === "A" && /^\d{1,10}$/.test(text)) settle({ result: "accepted", uid: Number(text) });
        else if (kind === "D") settle({ result: "denied" });
        else if (kind === "P" || kind === "E") reply(text, kind === "E").catch((error: unknown) => fail(String(error)));
        else if (kind !== "I") fail(kind === "U" ? text : "mlpam sent an unknown message");
      }

      let held = "";
      stream.setEncoding("utf8");
      stream.on("error", () => undefined);
      stream.on("data", (data: string) => {
        const messages = `${held}${data}`.split("\0");
        held = messages.pop() ?? "";
        for (const message of messages) take(message);
        if (held.length > MAX_HELD_CHARACTERS) fail("mlpam sent too much");
      });
      stream.write([service, user, address, password === undefined ? "account" : "login", ""].join("\0"));
    });
}

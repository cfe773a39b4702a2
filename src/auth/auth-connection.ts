import type { Duplex } from "node:stream";
import type { Log } from "../host/log.ts";
import { createSteadyClock } from "../host/steady-clock.ts";
import type { OpenChannel } from "./channel.ts";
import { type AuthAnswer, type AuthRequest, type AuthResult, parseAuthAnswer, type SignerAnswer } from "./protocol.ts";
import { readLines } from "./read-lines.ts";

export interface AuthConnectionOptions {
  readonly open: OpenChannel;
  readonly log: Log;
  readonly timeoutMs?: number;
  readonly nowMs?: () => number;
}

/** A message from the process: the end of a question, or a further prompt from PAM. */
export type Said = AuthResult | Prompt;

/** A request to the signer. */
type SignerQuestion = { readonly ticket: string; readonly order: string } | { readonly ticketFor: string };

interface Prompt {
  readonly result: "asked";
  readonly prompt: string;
  readonly isEcho: boolean;
  /** Sends the person's reply. Call it once. */
  reply(text: string): Promise<Said>;
  /** Cancels the login: the person has gone. */
  cancel(): void;
}

type Question = { readonly user: string; readonly password: string; readonly address: string } | { account: string };

const TIMEOUT_MS = 15_000;
/** Most questions without an answer at a time. */
const MAX_PENDING = 64;
/** Wait between attempts to reach a process that keeps failing. */
const FIRST_BACK_OFF_MS = 250;
const MAX_BACK_OFF_MS = 30_000;

/** The collector's end of the protocol. Opens a channel if there is none, no sooner than the back-off allows. */
export class AuthConnection {
  readonly #options: AuthConnectionOptions;
  readonly #timeoutMs: number;
  readonly #nowMs: () => number;
  /** Handlers of the next answer, by the id of the question. */
  readonly #pending = new Map<number, (said: AuthResult | AuthAnswer) => void>();
  #channel: Duplex | undefined;
  #lastId = 0;
  #failures = 0;
  #notBeforeMs = 0;
  #answeredAtMs = 0;

  constructor(options: AuthConnectionOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#nowMs = options.nowMs ?? createSteadyClock();
  }

  async ask(question: Question): Promise<Said> {
    const said = await this.#ask(question);
    return "result" in said ? said : { result: "unavailable" };
  }

  async askSigner(question: SignerQuestion): Promise<SignerAnswer | { readonly result: "unavailable" }> {
    const said = await this.#ask(question);
    return "result" in said ? { result: "unavailable" } : said;
  }

  #ask(question: Question | SignerQuestion): Promise<Said | SignerAnswer> {
    const stream = this.#pending.size < MAX_PENDING ? this.#reach() : undefined;
    if (stream === undefined) return Promise.resolve({ result: "unavailable" });
    this.#lastId += 1;
    return this.#send(stream, { id: this.#lastId, ...question });
  }

  close(): void {
    const closing = this.#channel;
    this.#channel = undefined;
    this.#notBeforeMs = Number.POSITIVE_INFINITY;
    for (const settle of [...this.#pending.values()]) settle({ result: "unavailable" });
    closing?.destroy();
  }

  #reach(): Duplex | undefined {
    if (this.#channel !== undefined) return this.#channel;
    if (this.#nowMs() < this.#notBeforeMs) return undefined;
    const { open, log } = this.#options;
    const opened = open();
    opened.on("error", (error) =>
      log.event("error", "cannot reach the authentication process", { error: String(error) }),
    );
    opened.on("close", () => this.#lose(opened));
    readLines(opened, (line) => this.#take(opened, line));
    this.#channel = opened;
    return opened;
  }

  #send(stream: Duplex, request: AuthRequest): Promise<Said | SignerAnswer> {
    const { id } = request;
    const askedAtMs = this.#nowMs();
    return new Promise((resolve) => {
      const settle = (said: AuthResult | AuthAnswer) => {
        clearTimeout(timer);
        this.#pending.delete(id);
        resolve("prompt" in said ? this.#prompt(stream, said) : said);
      };
      const timer = setTimeout(() => {
        settle({ result: "unavailable" });
        // No answer at all in this time: it hangs. A new child replaces it.
        if (this.#answeredAtMs <= askedAtMs) stream.destroy();
      }, this.#timeoutMs);
      this.#pending.set(id, settle);
      stream.write(`${JSON.stringify(request)}\n`);
    });
  }

  #prompt(stream: Duplex, { id, prompt, isEcho }: Extract<AuthAnswer, { prompt: string }>): Prompt {
    return {
      result: "asked",
      prompt,
      isEcho,
      reply: async (text) => {
        if (stream.destroyed) return { result: "unavailable" };
        const said = await this.#send(stream, { id, reply: text });
        return "result" in said ? said : { result: "unavailable" };
      },
      cancel: () => {
        if (!stream.destroyed) stream.write(`${JSON.stringify({ id, cancel: true } satisfies AuthRequest)}\n`);
      },
    };
  }

  #take(from: Duplex, line: string): void {
    const answer = parseAuthAnswer(line);
    if (answer === undefined) {
      from.destroy();
      return;
    }
    this.#failures = 0;
    this.#answeredAtMs = this.#nowMs();
    this.#pending.get(answer.id)?.(answer);
  }

  #lose(closed: Duplex): void {
    if (this.#channel !== closed) return;
    this.#channel = undefined;
    this.#notBeforeMs = this.#nowMs() + Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#options.log.event("warning", "the authentication process has gone", { failures: this.#failures });
    for (const settle of [...this.#pending.values()]) settle({ result: "unavailable" });
  }
}

import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Log } from "../host/log.ts";
import type { AskPam, PamQuestion } from "./pam.ts";
import { passwordStamp } from "./password-stamp.ts";
import {
  AUTH_LIMITS,
  type AuthAnswer,
  type AuthResult,
  isAskable,
  isReply,
  parseAuthRequest,
  type SignerAnswer,
} from "./protocol.ts";
import { readLines } from "./read-lines.ts";
import type { SignRequest, WebSigner } from "./signer/web-signer.ts";

/**
 * Where requests come from: a listening socket opened by systemd, a socket file to create, or one open stream to the
 * parent process.
 */
type AuthEndpoint = { readonly listenFd: number } | { readonly path: string } | { readonly streamFd: number };

interface AuthServerOptions {
  readonly endpoint: AuthEndpoint;
  readonly askPam: AskPam;
  readonly log: Log;
  /** Signs orders of the web; undefined: nobody does. */
  readonly signer?: WebSigner | undefined;
  /** Who may have a ticket without a password: the user who has started the collector by hand, with a login code. */
  readonly codeUser?: { readonly user: string; readonly uid: number } | undefined;
  /** Called when the parent has closed its stream. */
  readonly onParentGone?: () => void;
}

/** Each is a process of 3 MB. The collector runs few at a time; the others wait for a person with a second factor. */
const MAX_QUESTIONS = 48;
const MAX_CONNECTIONS = 16;

/** Answers requests from the collector only: a socket file is for its owner and group. */
export async function serveAuth(options: AuthServerOptions): Promise<{ close(): Promise<void> }> {
  const { endpoint, log, onParentGone } = options;
  const questions = new Questions(options);
  if ("streamFd" in endpoint) {
    const stream = new Socket({ fd: endpoint.streamFd, readable: true, writable: true });
    questions.answer(stream);
    stream.on("close", () => onParentGone?.());
    return { close: async () => void stream.destroy() };
  }
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    questions.answer(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, endpoint);
  server.on("error", (error) => log.event("error", "cannot accept a connection", { error: String(error) }));
  return {
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

function listen(server: Server, endpoint: { listenFd: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const done = () => {
      server.off("error", reject);
      resolve();
    };
    if ("listenFd" in endpoint) {
      server.listen({ fd: endpoint.listenFd }, done);
      return;
    }
    // The socket of a killed process would cause "address in use".
    rmSync(endpoint.path, { force: true });
    server.listen(endpoint.path, () => {
      chmodSync(endpoint.path, 0o660);
      done();
    });
  });
}

/** The open questions of all connections. */
class Questions {
  readonly #options: AuthServerOptions;
  #open = 0;

  constructor(options: AuthServerOptions) {
    this.#options = options;
  }

  /** Answers requests on a stream until it is closed. */
  answer(stream: Duplex): void {
    /** Questions that wait for a person, by id. */
    const waiting = new Map<number, (reply: string | undefined) => void>();
    const say = (message: AuthAnswer) => {
      if (stream.writable) stream.write(`${JSON.stringify(message)}\n`);
    };
    const ask = async (id: number, question: PamQuestion) => {
      const onPrompt = (prompt: string, isEcho: boolean) =>
        new Promise<string | undefined>((resolve) => {
          waiting.set(id, resolve);
          say({ id, prompt, isEcho });
        });
      const answer = await this.#ask(question, onPrompt);
      waiting.delete(id);
      say({ id, ...answer });
    };
    // A peer that is gone has no use for an answer.
    stream.on("error", () => stream.destroy());
    stream.on("close", () => {
      for (const settle of waiting.values()) settle(undefined);
    });
    const take = (line: string): void => {
      const request = parseAuthRequest(line);
      if (request === undefined) stream.destroy();
      else if ("order" in request) void this.#sign(request).then((signed) => say({ id: request.id, ...signed }));
      else if ("ticketFor" in request) say({ id: request.id, ticket: this.#ticketOf(request.ticketFor) });
      else if ("account" in request) void ask(request.id, { user: request.account, password: undefined, address: "" });
      else if ("password" in request) void ask(request.id, request);
      else {
        const settle = waiting.get(request.id);
        waiting.delete(request.id);
        settle?.("reply" in request && isReply(request.reply) ? request.reply : undefined);
      }
    };
    const { maxLineBytes, maxOrderLineBytes } = AUTH_LIMITS;
    readLines(stream, take, this.#options.signer === undefined ? maxLineBytes : maxOrderLineBytes);
  }

  async #sign(request: SignRequest): Promise<SignerAnswer> {
    const { signer } = this.#options;
    if (signer === undefined) return { refused: "no-signer" };
    const noPrompt = async () => undefined;
    return signer.sign(request, async (user) => {
      const answer = await this.#ask({ user, password: undefined, address: "" }, noPrompt);
      return answer.result === "accepted" ? answer.uid : undefined;
    });
  }

  #ticketOf(user: string): string {
    const { signer, codeUser } = this.#options;
    return codeUser?.user === user ? (signer?.ticketFor({ ...codeUser, isByCode: true }) ?? "") : "";
  }

  async #ask(question: PamQuestion, onPrompt: Parameters<AskPam>[1]): Promise<AuthResult> {
    const { askPam, log } = this.#options;
    const { user, password, address } = question;
    if (!isAskable(user, password ?? "")) return { result: "denied" };
    if (this.#open >= MAX_QUESTIONS) return { result: "unavailable" };
    this.#open += 1;
    try {
      // Before PAM checks it: a password change meanwhile then changes the stamp.
      const stamp = passwordStamp(user);
      const answer = await askPam({ user, password, address }, onPrompt);
      if (answer.result === "accepted") {
        const { uid } = answer;
        // Only a password is worth a ticket.
        const ticket =
          password === undefined ? undefined : this.#options.signer?.ticketFor({ user, uid, isByCode: false });
        return { ...answer, stamp, ...(ticket === undefined ? {} : { ticket }) };
      }
      if (answer.result === "unavailable") log.event("error", "cannot ask PAM", { error: answer.reason });
      return { result: answer.result };
    } finally {
      this.#open -= 1;
    }
  }
}

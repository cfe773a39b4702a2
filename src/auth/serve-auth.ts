import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Log } from "../host/log.ts";
import type { PasswordCheck } from "./pam.ts";
import { type AuthAnswer, type AuthRequest, isAskable, parseAuthRequest } from "./protocol.ts";
import { readLines } from "./read-lines.ts";

/**
 * Where requests come from: a listening socket that systemd has opened, a socket file to make, or one open stream to
 * the parent process.
 */
export type AuthEndpoint = { readonly listenFd: number } | { readonly path: string } | { readonly streamFd: number };

export interface AuthServerOptions {
  readonly endpoint: AuthEndpoint;
  readonly check: PasswordCheck;
  readonly log: Log;
  /** The parent has closed its stream. */
  readonly onParentGone?: () => void;
  /** PAM holds a thread and does not give it back: only another process can go on. */
  readonly onHang: () => void;
  readonly hangsAfterMs?: number;
}

/** PAM blocks a thread for each check, for seconds when the password is wrong; libuv has 4. */
const MAX_CHECKS = 4;
/** Together with those that run, about as many as can be answered before the collector gives up waiting. */
const MAX_QUEUED = 12;
const MAX_CONNECTIONS = 16;
/** Longer than any module waits: for a directory, a second factor, a person with a token. */
const HANGS_AFTER_MS = 60_000;

/** Answers requests of the collector, and of nobody else: a socket file is for its owner and group only. */
export async function serveAuth(options: AuthServerOptions): Promise<{ close(): Promise<void> }> {
  const { endpoint, log, onParentGone } = options;
  const queue = new CheckQueue(options);
  if ("streamFd" in endpoint) {
    const stream = new Socket({ fd: endpoint.streamFd, readable: true, writable: true });
    answer(stream, queue);
    stream.on("close", () => onParentGone?.());
    return { close: async () => void stream.destroy() };
  }
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    answer(socket, queue);
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
    // What a killed process left behind would be "address in use".
    rmSync(endpoint.path, { force: true });
    server.listen(endpoint.path, () => {
      chmodSync(endpoint.path, 0o660);
      done();
    });
  });
}

function answer(stream: Duplex, queue: CheckQueue): void {
  // A peer that is gone has no use for an answer.
  stream.on("error", () => stream.destroy());
  readLines(stream, (line) => {
    const request = parseAuthRequest(line);
    if (request === undefined) {
      stream.destroy();
      return;
    }
    void queue.ask(request).then((result) => {
      if (stream.writable) stream.write(`${JSON.stringify({ id: request.id, result } satisfies AuthAnswer)}\n`);
    });
  });
}

/** Runs few checks at a time, lets some wait, and refuses the rest at once. */
class CheckQueue {
  readonly #options: AuthServerOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: AuthServerOptions) {
    this.#options = options;
  }

  async ask({ user, password, address }: AuthRequest): Promise<AuthAnswer["result"]> {
    if (!isAskable(user, password)) return "denied";
    if (this.#running < MAX_CHECKS) this.#running += 1;
    else if (this.#waiting.length < MAX_QUEUED) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else return "unavailable";
    const { check, log, onHang, hangsAfterMs = HANGS_AFTER_MS } = this.#options;
    const timer = setTimeout(() => {
      log.event("error", "PAM does not come back from a check: this process ends, and another one takes over");
      onHang();
    }, hangsAfterMs);
    try {
      return (await check(user, password, address)) ? "accepted" : "denied";
    } catch (error) {
      log.event("error", "cannot ask PAM", { error: String(error) });
      return "unavailable";
    } finally {
      clearTimeout(timer);
      // The place goes to the next in line, if there is one.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

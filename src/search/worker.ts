import { closeSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import type { SearchEvent } from "../wire/search-event.ts";
import { openPatterns } from "./blocks-of.ts";
import { SEARCH_LIMITS } from "./limits.ts";
import { regexProblem } from "./regex-problem.ts";
import { RipgrepError } from "./ripgrep.ts";
import { SearchTask } from "./search-task.ts";
import type { SearchedPieces, TaskPort } from "./task-port.ts";
import type { FromWorker, ToWorker } from "./worker-messages.ts";

/** Events are batched, so that they do not cost the collector's own thread a turn each. */
const SEND_BYTES = 65_536;

/** Sends to and receives from the collector's own thread. */
class Outside implements TaskPort {
  #text = "";
  #unsentBytes = 0;
  #onRoom: (() => void)[] = [];
  #pieces: SearchedPieces[] = [];
  #onPieces: () => void = () => undefined;

  post(message: FromWorker): void {
    parentPort?.postMessage(message);
  }

  async next(): Promise<SearchedPieces | undefined> {
    if (this.#pieces.length === 0) {
      const asked = new Promise<void>((resolve) => {
        this.#onPieces = resolve;
      });
      this.post({ t: "next" });
      await asked;
    }
    return this.#pieces.shift();
  }

  emit(event: SearchEvent): boolean {
    if (this.#text === "") setImmediate(() => this.flush());
    this.#text += `${JSON.stringify(event)}\n`;
    if (this.#text.length >= SEND_BYTES) this.flush();
    return this.#unsentBytes < SEARCH_LIMITS.maxUnsentBytes;
  }

  room(): Promise<void> {
    return new Promise((resolve) => this.#onRoom.push(resolve));
  }

  flush(): void {
    if (this.#text === "") return;
    const events = Buffer.from(this.#text);
    this.#text = "";
    this.#unsentBytes += events.length;
    this.post({ t: "events", events });
  }

  pieces(pieces: readonly SearchedPieces[]): void {
    this.#pieces = [...pieces];
    this.#onPieces();
  }

  sent(bytes: number): void {
    this.#unsentBytes -= bytes;
    if (this.#unsentBytes >= SEARCH_LIMITS.maxUnsentBytes) return;
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }
}

let outside = new Outside();
let task: SearchTask | undefined;

async function search({ request, sizes, sayEveryMs }: Extract<ToWorker, { t: "search" }>): Promise<void> {
  const port = new Outside();
  outside = port;
  const patterns = openPatterns(request);
  try {
    task = new SearchTask(request, { port, patterns, sizes });
    await task.begin();
    const running = task;
    const timer = setInterval(() => running.say(), sayEveryMs);
    const end = await running.run().finally(() => clearInterval(timer));
    port.flush();
    port.post({ t: "done", end });
  } catch (error) {
    if (!(error instanceof RipgrepError)) throw error;
    if (error.isMissing) port.post({ t: "refused", why: "unavailable", is: "ripgrep", values: {} });
    else port.post({ t: "refused", why: "pattern", ...regexProblem(error.message, request.pattern).named });
  } finally {
    task = undefined;
    closeSync(patterns.patternFd);
    if (patterns.scoutFd !== undefined) closeSync(patterns.scoutFd);
  }
}

parentPort?.on("message", (message: ToWorker) => {
  if (message.t === "search") void search(message);
  else if (message.t === "pieces") outside.pieces(message.pieces);
  else if (message.t === "sent") outside.sent(message.bytes);
  else task?.stop(message.why);
});

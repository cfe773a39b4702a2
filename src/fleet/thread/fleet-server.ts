import type { MessagePort } from "node:worker_threads";
import { createMetrics } from "../../host/metrics.ts";
import { createSteadyClock } from "../../host/steady-clock.ts";
import { Fleet } from "../fleet.ts";
import type { CallMessage, Calls, FromThread, OpenMessage, Streams, ThreadOptions, ToThread } from "./messages.ts";
import { PulledPieces } from "./pulled-pieces.ts";

/** What a call gets besides its arguments. */
interface How {
  readonly signal: AbortSignal;
  readonly say: (said: unknown) => void;
  readonly data: AsyncIterable<Buffer>;
}

type Soon<T> = T | Promise<T>;
type Handlers = { readonly [K in keyof Calls]: (args: Calls[K]["args"], how: How) => Soon<Calls[K]["value"]> };
type Openers = { readonly [K in keyof Streams]: (args: Streams[K], signal: AbortSignal) => AsyncIterable<string> };

interface Open {
  readonly texts: AsyncIterator<string>;
  readonly abort: AbortController;
}

/** Runs the fleet in the worker thread: executes calls from the main thread and posts results, logs and audit records. */
export class FleetServer {
  readonly #port: Pick<MessagePort, "postMessage">;
  readonly #handlers: Handlers;
  readonly #openers: Openers;
  readonly #calls = new Map<number, AbortController>();
  readonly #streams = new Map<number, Open>();
  readonly #pieces = new PulledPieces((id) => this.#post({ t: "pull", id }));

  constructor(port: Pick<MessagePort, "postMessage">, options: ThreadOptions) {
    this.#port = port;
    const metrics = createMetrics();
    const fleet = new Fleet({
      ...options,
      metrics,
      log: { event: (severity, message, fields) => this.#post({ t: "log", severity, message, fields }) },
      audit: { record: (event) => this.#post({ t: "audit", event }) },
      onNodes: (names) => this.#post({ t: "nodes", names: [...names] }),
      nowMs: createSteadyClock(),
      wallMs: Date.now,
    });
    this.#handlers = {
      start: () => fleet.start(),
      stop: () => fleet.stop(),
      reload: () => fleet.reload(),
      submit: (args) => fleet.submit(...args),
      cancel: (args) => fleet.cancel(...args),
      goOn: (args) => fleet.goOn(...args),
      run: (args) => fleet.run(...args),
      runs: (args) => fleet.runs(...args),
      view: () => fleet.view(),
      nodeEvents: (args) => fleet.nodeEvents(...args),
      commandsOf: (args) => fleet.commandsOf(...args),
      dryRun: ([order, how], { signal }) => fleet.dryRun(order, { ...how, signal }),
      ask: ([order, { isFollowed, ...how }], { signal, say }) =>
        fleet.ask(order, { ...how, signal, onSaid: isFollowed ? say : undefined }),
      call: ([order, how], { signal }) => fleet.call(order, { ...how, signal }),
      metrics: () => metrics.text(),
      blobView: (args) => fleet.blobs.view(...args),
      append: ([piece], { data }) => fleet.blobs.append({ ...piece, data }),
    };
    this.#openers = {
      follow: ([owner, run], signal) => fleet.follow(owner, run, signal),
      watchNodes: (_, signal) => fleet.watchNodes(signal),
    };
  }

  take(message: ToThread): void {
    if (message.t === "call") void this.#call(message);
    else if (message.t === "open") this.#open(message);
    else if (message.t === "next") void this.#next(message.id);
    else if (message.t === "piece") this.#pieces.take(message);
    else this.#abort(message.id);
  }

  async #call<K extends keyof Calls>({ id, name, args }: CallMessage<K>): Promise<void> {
    const abort = new AbortController();
    this.#calls.set(id, abort);
    const say = (said: unknown): void => this.#post({ t: "said", id, json: JSON.stringify(said) });
    const how = { signal: abort.signal, say, data: this.#pieces.of(id) };
    await this.#answer(id, async () => this.#handlers[name](args, how));
    this.#calls.delete(id);
    this.#pieces.end(id);
  }

  #open<K extends keyof Streams>({ id, name, args }: OpenMessage<K>): void {
    const abort = new AbortController();
    const texts = this.#openers[name](args, abort.signal)[Symbol.asyncIterator]();
    this.#streams.set(id, { texts, abort });
  }

  /** Answers with the next text, or with none at the end of the stream. */
  async #next(id: number): Promise<void> {
    await this.#answer(id, async () => {
      const next = await this.#streams.get(id)?.texts.next();
      return next?.done === false ? next.value : undefined;
    });
  }

  #abort(id: number): void {
    this.#calls.get(id)?.abort();
    const stream = this.#streams.get(id);
    this.#streams.delete(id);
    stream?.abort.abort();
    // A generator suspended at `yield` does not see the signal; `return` runs its cleanup.
    void stream?.texts.return?.();
  }

  async #answer(id: number, act: () => Promise<unknown>): Promise<void> {
    try {
      this.#post({ t: "done", id, json: JSON.stringify(await act()) });
    } catch (error) {
      this.#post({ t: "failed", id, message: error instanceof Error ? error.message : String(error) });
    }
  }

  #post(message: FromThread): void {
    this.#port.postMessage(message);
  }
}

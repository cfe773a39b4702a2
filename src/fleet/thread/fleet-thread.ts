import { Worker } from "node:worker_threads";
import type { Audit } from "../../host/audit.ts";
import type { Log } from "../../host/log.ts";
import type { Metrics } from "../../host/metrics.ts";
import { readAuthority } from "../../orders/authority.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Calls as ServiceCalls } from "../calls/calls.ts";
import type { DryRuns } from "../dry-runs/dry-runs.ts";
import type { Fleet } from "../fleet.ts";
import type { Questions } from "../questions/questions.ts";
import type { Calls, FromThread, Streams, ThreadOptions, ToThread } from "./messages.ts";

interface FleetThreadOptions extends ThreadOptions {
  /** URL of the built worker.js. */
  readonly file: URL;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly audit: Audit;
  /** Called when the thread has died of an uncaught error. It is not restarted. */
  readonly onLost: (error: Error) => void;
}

/** What a call needs besides its arguments. */
interface Besides {
  readonly signal?: AbortSignal;
  readonly onSaid?: ((json: string) => void) | undefined;
  readonly data?: AsyncIterable<Buffer> | undefined;
}

interface Pending {
  done(json: string | undefined): void;
  fail(error: Error): void;
  readonly onSaid: ((json: string) => void) | undefined;
  readonly data: AsyncIterator<Buffer> | undefined;
}

/**
 * Runs the fleet in a worker thread, so that node messages, SQLite and its fsyncs do not delay lines of jobs on the main thread.
 * Only users' requests and their results, names of nodes, metrics, and log and audit records cross. See `Fleet` for what the methods do.
 */
export class FleetThread {
  readonly id: string;
  readonly blobs = {
    view: (...args: Parameters<BlobStore["view"]>) => this.#call("blobView", args),
    append: ({ data, ...piece }: Parameters<BlobStore["append"]>[0]) => this.#call("append", [piece], { data }),
  };
  readonly #options: FleetThreadOptions;
  /** Open calls by id. Bounded by the web's limits on concurrent requests. */
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #known: ReadonlySet<string> = new Set();
  #lastId = 0;

  constructor(options: FleetThreadOptions) {
    this.#options = options;
    this.id = readAuthority(options.pki).fleet;
    options.metrics.join(() => (this.#worker === undefined ? Promise.resolve("") : this.#call("metrics", [])));
  }

  async start(): Promise<Awaited<ReturnType<Fleet["start"]>>> {
    const { file, log, metrics, audit, onLost, ...options } = this.#options;
    const worker = new Worker(file, { workerData: options satisfies ThreadOptions });
    this.#worker = worker;
    worker.on("message", (message: FromThread) => this.#take(message));
    let hasStarted = false;
    worker.on("error", (error) => {
      this.#lose(error);
      // An earlier error rejects `start`.
      if (hasStarted) onLost(error);
    });
    worker.on("exit", () => this.#lose(new Error("Cannot ask the fleet: its thread has ended")));
    const at = await this.#call("start", []);
    hasStarted = true;
    return at;
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    try {
      await this.#call("stop", []);
    } finally {
      this.#worker = undefined;
      await worker.terminate();
    }
  }

  reload(): Promise<void> {
    return this.#call("reload", []);
  }

  isKnown(node: string): boolean {
    return this.#known.has(node);
  }

  view() {
    return this.#call("view", []);
  }

  watchNodes(signal: AbortSignal): AsyncIterable<string> {
    return this.#stream("watchNodes", { args: [], signal });
  }

  nodeEvents(...args: Parameters<Fleet["nodeEvents"]>) {
    return this.#call("nodeEvents", args);
  }

  commandsOf(...args: Parameters<Fleet["commandsOf"]>) {
    return this.#call("commandsOf", args);
  }

  submit(...args: Parameters<Fleet["submit"]>) {
    return this.#call("submit", args);
  }

  cancel(...args: Parameters<Fleet["cancel"]>) {
    return this.#call("cancel", args);
  }

  goOn(...args: Parameters<Fleet["goOn"]>) {
    return this.#call("goOn", args);
  }

  run(...args: Parameters<Fleet["run"]>) {
    return this.#call("run", args);
  }

  runs(...args: Parameters<Fleet["runs"]>) {
    return this.#call("runs", args);
  }

  follow(owner: string, run: string, signal: AbortSignal): AsyncIterable<string> {
    return this.#stream("follow", { args: [owner, run], signal });
  }

  dryRun(...[order, { signal, ...how }]: Parameters<DryRuns["ask"]>) {
    return this.#call("dryRun", [order, how], { signal });
  }

  ask(...[order, { signal, onSaid, ...how }]: Parameters<Questions["ask"]>) {
    const isFollowed = onSaid !== undefined;
    return this.#call("ask", [order, { ...how, isFollowed }], {
      signal,
      onSaid: (json) => onSaid?.(JSON.parse(json)),
    });
  }

  call(...[order, { signal, ...how }]: Parameters<ServiceCalls["call"]>) {
    return this.#call("call", [order, how], { signal });
  }

  async #call<K extends keyof Calls>(
    name: K,
    args: Calls[K]["args"],
    { signal, onSaid, data }: Besides = {},
  ): Promise<Calls[K]["value"]> {
    const id = this.#nextId();
    const abort = () => this.#post({ t: "abort", id });
    const answered = this.#answer(id, { onSaid, data });
    this.#post({ t: "call", id, name, args });
    if (signal?.aborted === true) abort();
    signal?.addEventListener("abort", abort);
    try {
      const json = await answered;
      return json === undefined ? undefined : JSON.parse(json);
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  async *#stream<K extends keyof Streams>(
    name: K,
    { args, signal }: { readonly args: Streams[K]; readonly signal: AbortSignal },
  ): AsyncGenerator<string> {
    const id = this.#nextId();
    const abort = () => this.#post({ t: "abort", id });
    this.#post({ t: "open", id, name, args });
    signal.addEventListener("abort", abort);
    try {
      while (!signal.aborted) {
        const next = this.#answer(id);
        this.#post({ t: "next", id });
        const json = await next;
        if (json === undefined) return;
        yield JSON.parse(json);
      }
    } finally {
      signal.removeEventListener("abort", abort);
      abort();
    }
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #answer(id: number, { onSaid, data }: Besides = {}): Promise<string | undefined> {
    if (this.#worker === undefined) return Promise.reject(new Error("Cannot ask the fleet: its thread does not run"));
    return new Promise((done, fail) => {
      this.#pending.set(id, { done, fail, onSaid, data: data?.[Symbol.asyncIterator]() });
    });
  }

  #take(message: FromThread): void {
    const { log, audit } = this.#options;
    if (message.t === "log") log.event(message.severity, message.message, message.fields);
    else if (message.t === "audit") audit.record(message.event);
    else if (message.t === "nodes") this.#known = new Set(message.names);
    else if (message.t === "said") this.#pending.get(message.id)?.onSaid?.(message.json);
    else if (message.t === "pull") void this.#pass(message.id);
    else this.#end(message);
  }

  #end(message: Extract<FromThread, { t: "done" | "failed" }>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.t === "done") pending?.done(message.json);
    else pending?.fail(new Error(message.message));
  }

  /** Answers a `pull` with the next bytes of a user's upload. */
  async #pass(id: number): Promise<void> {
    try {
      const next = await this.#pending.get(id)?.data?.next();
      // Copied: cloning a Buffer clones the whole pool that it is a view of.
      this.#post({ t: "piece", id, bytes: next?.done === false ? new Uint8Array(next.value) : undefined });
    } catch (error) {
      this.#post({ t: "piece", id, bytes: undefined, failed: String(error) });
    }
  }

  #lose(error: Error): void {
    this.#worker = undefined;
    for (const { fail } of this.#pending.values()) fail(error);
    this.#pending.clear();
  }

  #post(message: ToThread): void {
    this.#worker?.postMessage(message);
  }
}

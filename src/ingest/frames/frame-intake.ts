import { createEnvelopeView, type EnvelopeView, parseEnvelope } from "../../frame/envelope.ts";
import { parseGateStatus } from "../../frame/gate-status.ts";
import type { Claim } from "../../frame/item.ts";
import { hashKey } from "../../frame/key-hash.ts";
import { parseRelayStatus } from "../../frame/relay-status.ts";
import type { Log } from "../../host/log.ts";
import { parseBegin } from "../../wire/begin.ts";
import { nodeNamed } from "../../wire/node-name.ts";
import type { Attendance } from "../figures/relay-presence.ts";
import type { IngestMetrics } from "../ingest-metrics.ts";
import type { LineStore } from "../line-store.ts";
import type { Batch } from "./batch.ts";
import type { BufferPool } from "./chunk-builder.ts";
import { SlotCache } from "./slot-cache.ts";

/** Most node names accepted on one connection without certificates. */
const MAX_NODES = 4_096;
/** Bytes of a discarded frame shown in the log. */
const SHOWN_BYTES = 120;

export interface FrameIntakeOptions<Slot> {
  readonly store: LineStore<Slot>;
  readonly pool: BufferPool;
  readonly batch: Batch<Slot>;
  /** The certificate's name; undefined on a plain connection, where each frame's HOSTNAME is trusted. */
  readonly node: string | undefined;
  readonly log: Log;
  readonly metrics: IngestMetrics;
  readonly attendance: Attendance;
}

/** Takes the frames of one connection: checks each, finds its execution, and puts it into the batch. */
export class FrameIntake<Slot> {
  readonly #options: FrameIntakeOptions<Slot>;
  readonly #view: EnvelopeView = createEnvelopeView();
  readonly #caches = new Map<string, SlotCache<Slot>>();
  #hostBytes: Buffer = Buffer.alloc(0);
  #node = "";
  #cache: SlotCache<Slot> | undefined;
  #complained = false;

  constructor(options: FrameIntakeOptions<Slot>) {
    this.#options = options;
    if (options.node !== undefined) this.#useNode(options.node);
  }

  /** Node whose frame came last. */
  get node(): string {
    return this.#node;
  }

  /**
   * Takes one frame, `data[at..end)`. A frame that breaks the grammar is counted and discarded.
   *
   * @returns The claim of a BEGIN, which the caller must bring to the store before it continues.
   */
  take(data: Buffer, at: number, end: number): Claim | undefined {
    const fault = parseEnvelope(data, at, end, this.#view) ?? this.#sort(data);
    if (fault !== undefined) this.#discard(fault, data.toString("latin1", at, Math.min(end, at + SHOWN_BYTES)));
    return fault === undefined && this.#view.kind === "begin" ? this.#claim(data) : undefined;
  }

  #sort(data: Buffer): string | undefined {
    const { node, batch } = this.#options;
    const view = this.#view;
    if (node === undefined && !this.#isSameHost(data, view)) {
      if (!this.#useNode(data.toString("latin1", view.hostAt, view.hostEnd))) return "node";
      this.#hostBytes = Buffer.from(data.subarray(view.hostAt, view.hostEnd));
    }
    if (view.kind === "begin") return undefined;
    if (view.kind === "relay") return this.#relay(data);
    const entry = this.#cache?.find(data, view.idAt, view.keyAt);
    if (entry === undefined) return "identity";
    if (view.kind === "lines") return batch.addLines(entry, data, view) ? undefined : "text";
    const text = data.toString("utf8", view.textAt, view.textEnd);
    if (view.kind === "beat") batch.addBeat(entry, view.n, text);
    else batch.addEnd(entry, view.n, text);
    return undefined;
  }

  #relay(data: Buffer): string | undefined {
    const { timeAt, hostAt, textAt, textEnd } = this.#view;
    const { attendance, metrics } = this.#options;
    const text = data.toString("utf8", textAt, textEnd);
    const time = data.toString("latin1", timeAt, hostAt - 1);
    const queue = parseRelayStatus(text);
    const gate = queue === undefined ? parseGateStatus(text) : undefined;
    if (queue === undefined && gate === undefined) return "relay";
    attendance.heard(this.#node);
    if (queue !== undefined) {
      metrics.relays.update(this.#node, { part: queue.part, time, status: queue });
      metrics.clocks.update(this.#node, time, queue);
    }
    if (gate !== undefined) metrics.gates.update(this.#node, { part: "gate", time, status: gate });
    return undefined;
  }

  #claim(data: Buffer): Claim | undefined {
    const parsed = parseBegin(data.toString("utf8", this.#view.textAt, this.#view.textEnd));
    if (parsed === undefined) {
      this.#discard("begin", "BEGIN");
      return undefined;
    }
    const { k, ...begin } = parsed;
    const identity = { node: this.#node, x: begin.x, keyHash: hashKey(k) };
    return { identity, begin, uid: this.#view.uid };
  }

  #isSameHost(data: Buffer, view: EnvelopeView): boolean {
    const { length } = this.#hostBytes;
    if (length === 0 || length !== view.hostEnd - view.hostAt) return false;
    return data.compare(this.#hostBytes, 0, length, view.hostAt, view.hostEnd) === 0;
  }

  #useNode(name: string): boolean {
    const node = nodeNamed(name);
    if (node === undefined) return false;
    let cache = this.#caches.get(node);
    if (cache === undefined) {
      if (this.#caches.size >= MAX_NODES) this.#caches.clear();
      cache = new SlotCache({ node, store: this.#options.store, pool: this.#options.pool });
      this.#caches.set(node, cache);
    }
    this.#node = node;
    this.#cache = cache;
    return true;
  }

  #discard(reason: string, text: string): void {
    const { log, metrics } = this.#options;
    metrics.discardedFrames(reason).inc();
    if (this.#complained) return;
    // Once per connection: a million bad frames are a million counts, not a million log lines.
    this.#complained = true;
    log.event("warning", "frame discarded", { reason, node: this.#node, begins: text });
  }
}

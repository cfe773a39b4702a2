import type { AuditEvent } from "../../host/audit-event.ts";
import type { LogFields, Severity } from "../../host/log.ts";
import type { BlobView } from "../../wire/fleet/blob.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Fleet } from "../fleet.ts";
import type { FleetOptions } from "../fleet-options.ts";

/** Options of the fleet that can be cloned. The thread makes its own clocks and metrics; log and audit records are messages. */
export type ThreadOptions = Omit<FleetOptions, "log" | "metrics" | "audit" | "nowMs" | "wallMs" | "onNodes">;

type Call<F extends (...args: never[]) => unknown, Args = Parameters<F>> = {
  readonly args: Args;
  readonly value: Awaited<ReturnType<F>>;
};
/** Calls with a signal, which is sent as an `abort` message, and a listener, which gets `said` messages. */
type WithoutSignal<F extends (order: never, how: never) => unknown, More = unknown> = Call<
  F,
  [order: Parameters<F>[0], how: Omit<Parameters<F>[1], "signal" | "onSaid"> & More]
>;

/** Calls whose arguments and results are plain values. */
type PlainCall =
  | ("start" | "stop" | "reload" | "submit" | "cancel" | "goOn")
  | ("run" | "runs" | "view" | "nodeEvents" | "commandsOf");

/** Calls from the main thread to the fleet's. Every result can be written as JSON. */
export type Calls = {
  readonly [K in PlainCall]: Call<Fleet[K]>;
} & {
  readonly dryRun: WithoutSignal<Fleet["dryRun"]>;
  readonly ask: WithoutSignal<Fleet["ask"], { readonly isFollowed: boolean }>;
  readonly call: WithoutSignal<Fleet["call"]>;
  readonly metrics: { readonly args: []; readonly value: string };
  readonly blobView: { readonly args: Parameters<BlobStore["view"]>; readonly value: BlobView | undefined };
  readonly append: Call<BlobStore["append"], [piece: Omit<Parameters<BlobStore["append"]>[0], "data">]>;
};

/** Streams of texts; each text is made when the main thread asks for it. */
export interface Streams {
  readonly follow: readonly [owner: string, run: string];
  readonly watchNodes: readonly [];
}

export interface CallMessage<K extends keyof Calls> {
  readonly t: "call";
  readonly id: number;
  readonly name: K;
  readonly args: Calls[K]["args"];
}

export interface OpenMessage<K extends keyof Streams> {
  readonly t: "open";
  readonly id: number;
  readonly name: K;
  readonly args: Streams[K];
}

export type ToThread =
  | CallMessage<keyof Calls>
  | OpenMessage<keyof Streams>
  /** Asks for the next text of a stream. Answered like a call. */
  | { readonly t: "next"; readonly id: number }
  /** Cancels a call or a stream. */
  | { readonly t: "abort"; readonly id: number }
  /** The answer to `pull`. Undefined: the end of the file. */
  | { readonly t: "piece"; readonly id: number; readonly bytes: Uint8Array | undefined; readonly failed?: string };

export type FromThread =
  /** The result as JSON text, so that the main thread reads one string instead of cloning thousands of objects. */
  | { readonly t: "done"; readonly id: number; readonly json: string | undefined }
  | { readonly t: "failed"; readonly id: number; readonly message: string }
  /** Nodes' answers to a question, before its result. */
  | { readonly t: "said"; readonly id: number; readonly json: string }
  /** The thread is ready for the next bytes of a file. */
  | { readonly t: "pull"; readonly id: number }
  /** Names of all nodes with a valid certificate, sent on every change. */
  | { readonly t: "nodes"; readonly names: readonly string[] }
  | { readonly t: "log"; readonly severity: Severity; readonly message: string; readonly fields: LogFields | undefined }
  | { readonly t: "audit"; readonly event: AuditEvent };

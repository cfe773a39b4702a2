import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Execution, ExecutionName, ExecutionPage, JobSummary } from "../wire/api.ts";
import type { Board } from "../wire/board.ts";
import type { ExecutionQuery, RunQuery } from "../wire/execution-query.ts";
import type { AskedNode } from "../wire/fleet/asked-node.ts";
import type { BlobView } from "../wire/fleet/blob.ts";
import type { CallView } from "../wire/fleet/call.ts";
import type { DryRunOnNode } from "../wire/fleet/dry-run.ts";
import type { NodeEvent } from "../wire/fleet/node-event.ts";
import type { FleetView } from "../wire/fleet/node-view.ts";
import type { OrderOf } from "../wire/fleet/order.ts";
import type { PublishedCommand } from "../wire/fleet/published-command.ts";
import type { RunView } from "../wire/fleet/run-view.ts";
import type { SignedOrder } from "../wire/fleet/signed-order.ts";
import type { NodeSummary } from "../wire/node-summary.ts";
import type { RunLinesPage, RunLinesQuery } from "../wire/run-lines.ts";
import type { RunTimes } from "../wire/run-times.ts";
import type { RunPage } from "../wire/runs.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import type { Share, ShareList, ShareRequest } from "../wire/share.ts";
import type { StreamLooks } from "../wire/stream-looks.ts";
import type { StreamName } from "../wire/stream-name.ts";
import type { UserMismatch } from "../wire/user-mismatch.ts";
import type { Viewer } from "../wire/viewer.ts";

/** Consecutive CRI lines, the first with number `firstN`. */
export interface Lines {
  readonly firstN: number;
  readonly count: number;
  readonly cri: Buffer;
}

/**
 * The web's view of the store. Anything that a viewer may not see looks missing. Rejects with SeveralOwnersError if an
 * administrator must name the owner.
 */
export interface Archive {
  list(viewer: Viewer, query: ExecutionQuery): Promise<ExecutionPage>;
  get(viewer: Viewer, name: ExecutionName): Promise<Execution | undefined>;
  /** Stored lines in order of n, from the first stored n >= `from`. None if nothing is stored from there. */
  read(
    viewer: Viewer,
    at: ExecutionName & { from: number; maxLines: number; maxBytes: number },
  ): Promise<readonly Lines[]>;
  /** The looks of both streams before line `n`. Null: not known yet. Undefined: the viewer has no such execution. */
  looks(viewer: Viewer, at: ExecutionName & { n: number }): Promise<StreamLooks | null | undefined>;
  /** The bytes as printed, of one stream or of both. */
  raw(viewer: Viewer, what: ExecutionName & { stream?: StreamName }): AsyncIterable<Buffer>;
  /** Deletes an execution for good, unless it is running. */
  remove(viewer: Viewer, name: ExecutionName): Promise<"removed" | "running" | "missing">;
  nodes(viewer: Viewer): Promise<readonly NodeSummary[]>;
  userMismatches(viewer: Viewer): Promise<readonly UserMismatch[]>;
  jobs(viewer: Viewer): Promise<readonly JobSummary[]>;
  /** Runs of a job, or of all jobs, newest first. */
  runs(viewer: Viewer, query: RunQuery): Promise<RunPage>;
  /** Lines of all executions of a run, or of a job, in order of time. Undefined: the viewer has no such run. */
  runLines(viewer: Viewer, query: RunLinesQuery): Promise<RunLinesPage | undefined>;
  /** All executions of one run at a glance. Undefined: the viewer has no such run. */
  board(viewer: Viewer, run: { job: string; run: string; owner: string | undefined }): Promise<Board | undefined>;
  /** When one run printed how much. Undefined: the viewer has no such run. */
  runTimes(viewer: Viewer, run: { job: string; run: string; owner: string | undefined }): Promise<RunTimes | undefined>;
}

/** Searches the lines of the executions that a viewer may see. */
export interface Search {
  /**
   * Events as lines of JSON (`wire/search-event.ts`), whole lines at a time. Throws a SearchRefusal, or a
   * SeveralOwnersError, before the first. It ends with `signal`.
   */
  run(viewer: Viewer, request: SearchRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Nodes' relays that were heard since the start. */
export interface Relays {
  of(node: string): RelayState | undefined;
  names(): Iterable<string>;
}

export interface RelayState {
  readonly isUp: boolean;
  readonly seenAtMs: number;
  /** How far the node's clock is behind, and how long its last report took. Undefined where it is not known. */
  readonly behindMs: number | undefined;
  readonly delayMs: number | undefined;
  /** Frames that wait; frames lost and connections refused since the start. */
  readonly waiting: number | undefined;
  readonly lost: number | undefined;
  readonly refused: number | undefined;
}

/** Logins of this machine's users, who prove that they can read a file of their own. */
export interface LocalLogins {
  /** The path of a new challenge; undefined if there can be none now. */
  create(user: string): Promise<string | undefined>;
  redeem(id: string, proof: string, audience: string): { readonly user: string; readonly uid: number } | undefined;
}

/** Shares of users with others. */
export interface Shares {
  share(viewer: Viewer, request: ShareRequest): Promise<ShareOutcome>;
  /** Ends a share at once. Undefined if the viewer has no such share. */
  unshare(viewer: Viewer, id: string): Share | undefined;
  list(viewer: Viewer): Promise<ShareList>;
}

type ShareOutcome =
  | { readonly is: "shared"; readonly share: Share }
  | { readonly is: "missing" }
  | { readonly is: "refused" | "full" | "unavailable"; readonly message: string };

/** The fleet may run in another thread, so its answers may be promises. */
type Soon<T> = T | Promise<T>;

/** Takes users' orders for nodes, and knows their states. */
export interface Fleet {
  /** The fleet's name in orders. */
  readonly id: string;
  view(): Soon<FleetView>;
  /** Lines of JSON, at most one a second: `parseFleetUpdate`. */
  watchNodes(signal: AbortSignal): AsyncIterable<string>;
  /** Reports of nodes that belong to no run, newest first; with `user`, only of that user. */
  nodeEvents(limit: number, user?: string): Soon<readonly NodeEvent[]>;
  isKnown(node: string): boolean;
  /**
   * Stores an order; resolves once it is stored. `signed` holds its parts. `files`: a file that it names is missing here;
   * `busy`: too much waits for the disk.
   */
  submit(
    order: OrderOf<"run">,
    signed: readonly SignedOrder[],
    batching?: { readonly size: number; readonly pausesOnFailure: boolean },
  ): Promise<"stored" | "known" | "differs" | "full" | "files" | "busy">;
  /** Continues a paused run with its next nodes. False if nothing of it is held. */
  goOn(owner: string, run: string): Promise<boolean | "busy">;
  /** Asks the nodes whether they would obey, until the signal. Undefined: too many are asked at the moment. */
  dryRun(
    order: OrderOf<"check">,
    how: { readonly signed: SignedOrder; readonly signal: AbortSignal },
  ): Promise<readonly DryRunOnNode[] | undefined>;
  /** Asks the nodes a question, until the signal. Undefined: too many are asked at the moment. */
  ask(
    order: OrderOf<"ask">,
    how: {
      readonly signed: SignedOrder;
      readonly withinMs: number;
      readonly signal: AbortSignal;
      /** Gets nodes' answers before that, once for all that came together. */
      readonly onSaid?: ((said: readonly AskedNode[]) => void) | undefined;
    },
  ): Promise<readonly AskedNode[] | undefined>;
  /** Calls a service on the one node of the order. Undefined: too many are open at the moment. */
  call(
    order: OrderOf<"call">,
    how: { readonly signed: SignedOrder; readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<CallView | undefined>;
  /** The first running commands that have published this name. */
  commandsOf(service: string): Soon<readonly PublishedCommand[]>;
  readonly blobs: Blobs;
  cancel(order: OrderOf<"cancel">, signed: readonly SignedOrder[]): Promise<"stored" | "missing" | "busy">;
  run(owner: string, run: string): Promise<RunView | undefined>;
  /**
   * Runs, newest first; `before` is a run, and so is `next`. At least one, if there is one; null: there are no more.
   */
  runs(
    owner: string,
    page: { readonly before: string; readonly limit: number },
  ): Promise<{ readonly runs: readonly RunView[]; readonly next: string | null }>;
  /** The run as JSON, now and whenever it changes, until it is done. */
  follow(owner: string, run: string, signal: AbortSignal): AsyncIterable<string>;
}

/** Users' files for nodes. */
export interface Blobs {
  /** A file as far as it is stored. Undefined: nothing of it is here. */
  view(owner: string, sha256: string): Soon<BlobView | undefined>;
  /** Takes the next bytes; those that came before a connection was cut stay. */
  append(piece: {
    readonly owner: string;
    readonly sha256: string;
    /** Size of the whole file. */
    readonly bytes: number;
    /** Offset of these bytes. */
    readonly offset: number;
    readonly data: AsyncIterable<Buffer>;
  }): Promise<{
    readonly is: "stored" | "offset" | "busy" | "digest" | "quota" | "disk" | "long";
    readonly view: BlobView;
  }>;
}

/** A password to check. */
interface Login {
  readonly user: string;
  readonly password: string;
  /** The client's address. */
  readonly address: string;
  /** Whether this user has signed in from there before: known users go first. */
  readonly isKnown: boolean;
}

export type LoginResult =
  /** `stamp` changes with the password; empty if unknown. */
  | {
      readonly is: "accepted";
      readonly user: string;
      readonly uid: number;
      readonly stamp: string;
      /** Ticket for `Signer.sign`; empty or missing without a signer. */
      readonly ticket?: string;
    }
  | { readonly is: "denied" | "unavailable" }
  | LoginStep;

/** PAM asks for more than a password: a code from a second device, for instance. */
export interface LoginStep {
  readonly is: "asked";
  readonly prompt: string;
  readonly isEcho: boolean;
  reply(text: string): Promise<LoginResult>;
  cancel(): void;
}

/** Checks passwords and accounts. */
export interface Authenticator {
  authenticate(login: Login): Promise<LoginResult>;
  /** State of an account that signed in earlier. `unavailable`: not known at the moment. */
  account(user: string): Promise<{ readonly uid: number; readonly stamp: string } | "ended" | "unavailable">;
}

/** Signs users' orders for the web, in the process that has checked their passwords. */
export interface Signer {
  sign(request: {
    readonly ticket: string;
    readonly order: string;
  }): Promise<{ readonly sig: string } | { readonly refused: string }>;
  /** Ticket for a login by code; empty: none. */
  ticketFor(user: string): Promise<string>;
}

/** Serves WebSockets once their viewer is known. */
export interface LiveSockets {
  hasRoom(viewer: Viewer): boolean;
  accept(
    upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer; address: string | undefined },
    viewer: Viewer,
  ): { endSession(): void; readonly closed: Promise<void> } | undefined;
  /** Closes all of them, and accepts no more. */
  close(): Promise<void>;
}

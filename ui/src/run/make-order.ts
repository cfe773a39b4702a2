import type { FleetView } from "../../../src/wire/fleet/node-view.ts";
import { encodeOrder, type OrderedFile } from "../../../src/wire/fleet/order.ts";
import type { RunView } from "../../../src/wire/fleet/run-view.ts";
import { makeExecutionId } from "../../../src/wire/ids.ts";

/** What the person has filled in. */
export interface Wanted {
  readonly nodes: readonly string[];
  /** For `sh -c`; empty: files only. */
  readonly command: string;
  /** Empty: the command's first word. */
  readonly job: string;
  /** Empty: the home folder. */
  readonly folder: string;
  /** Nodes at a time; 0: all at once. */
  readonly batch: number;
  /** That the collector has. */
  readonly files: readonly OrderedFile[];
}

interface OrderContext {
  readonly fleet: Pick<FleetView, "id">;
  readonly user: string;
  readonly nowMs: number;
  readonly random: Uint8Array;
}

const LIFE_MS = 600_000;
/** A batch waits for the ends of those before; the web signs for no longer. */
const BATCH_LIFE_MS = 3_600_000;
const KILL_AFTER_SECONDS = 5;

/**
 * The text of an order to run a command, or to check whether the nodes would. Throws a RangeError if something is not of its
 * form.
 */
export function runOrderText(kind: "run" | "check", wanted: Wanted, context: OrderContext): string {
  const { nodes, command, job, folder, batch, files } = wanted;
  const { fleet, user, nowMs, random } = context;
  return encodeOrder({
    v: 1,
    kind,
    fleet: fleet.id,
    run: makeExecutionId(nowMs, random),
    user,
    nodes,
    issued: nowMs,
    expires: nowMs + (batch === 0 ? LIFE_MS : BATCH_LIFE_MS),
    via: "web",
    argv: command.trim() === "" ? [] : ["sh", "-c", command],
    cwd: folder,
    env: [],
    job: job || firstWord(command) || "put",
    files,
    seconds: 0,
    memoryBytes: 0,
    killAfterSeconds: KILL_AFTER_SECONDS,
    publish: "",
  });
}

/** The text of the order that stops a run on all of its nodes. */
export function cancelOrderText(
  { run, owner, nodes }: Pick<RunView, "run" | "owner" | "nodes">,
  { fleet, user, nowMs }: Omit<OrderContext, "random">,
): string {
  return encodeOrder({
    v: 1,
    kind: "cancel",
    fleet: fleet.id,
    run,
    user,
    owner,
    nodes: nodes.map(({ node }) => node),
    issued: nowMs,
    expires: nowMs + LIFE_MS,
    via: "web",
  });
}

/** Where a run did not go well and may be tried again. What is `unknown` may have been executed. */
export function failedNodes({ nodes }: Pick<RunView, "nodes">): readonly string[] {
  return nodes
    .filter(({ state }) => ["failed", "refused", "expired", "cancelled"].includes(state))
    .map(({ node }) => node);
}

function firstWord(command: string): string {
  return command.trim().split(/\s+/)[0]?.split("/").at(-1)?.slice(0, 64) ?? "";
}

import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { formatNodeRange } from "../../text/nodes/node-range.ts";
import type { FleetView } from "../../wire/fleet/node-view.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import { makeExecutionId, ULID_RANDOM_BYTES } from "../../wire/ids.ts";
import { CtlError, type Io } from "../command.ts";
import { note } from "../remote/session.ts";
import { chooseNodes } from "./choose-nodes.ts";
import type { RunRequest } from "./run-request.ts";

export interface WorkContext {
  readonly fleet: FleetView;
  readonly user: string;
  readonly lifeMsOf: (request: RunRequest) => number;
  /** Whether absent nodes are ordered too; otherwise they are left out. */
  readonly withAbsent: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly nowMs: number;
}

/** The order of a request, not signed yet. Says which nodes are absent. Throws a CtlError if none is left. */
export function workOrder<K extends "run" | "check">(
  kind: K,
  request: RunRequest,
  { context, io }: { readonly context: WorkContext; readonly io: Io },
): Omit<OrderOf<"run">, "kind"> & { readonly kind: K } {
  const { fleet, user, lifeMsOf, withAbsent, environment, nowMs } = context;
  const chosen = chooseNodes(request.nodes, fleet.nodes, request.where);
  if (request.where.length > 0) note(io, `nodes: ${formatNodeRange(chosen.map(({ node }) => node))}`);
  const absent = chosen.filter(({ state }) => state !== "present").map(({ node }) => node);
  const nodes = withAbsent ? chosen : chosen.filter(({ state }) => state === "present");
  if (nodes.length === 0)
    throw new CtlError(`None of the nodes is there (${absent.join(", ")}): --wait 1h waits until they are`);
  if (absent.length > 0 && kind === "run")
    note(io, `${withAbsent ? "waits for" : "left out, absent"}: ${absent.join(", ")}`);
  const { argv, job, cwd, env, seconds, memoryBytes, killAfterSeconds, publish, files } = request;
  return {
    v: 1,
    kind,
    fleet: fleet.id,
    run: makeExecutionId(nowMs, randomBytes(ULID_RANDOM_BYTES)),
    user,
    nodes: nodes.map(({ node }) => node),
    issued: nowMs,
    expires: nowMs + lifeMsOf(request),
    via: "ssh",
    argv,
    cwd,
    env: env.map((one) => withValue(one, environment)),
    // All of its executions together: that is what a job is.
    job: job === "" ? basename(argv[0] ?? "put") : job,
    files,
    seconds,
    memoryBytes,
    killAfterSeconds,
    publish,
  };
}

function withValue(one: string, environment: Readonly<Record<string, string | undefined>>): string {
  if (one.includes("=")) return one;
  const value = environment[one];
  if (value === undefined) throw new CtlError(`There is no variable ${one} here: set it, or give it as ${one}=VALUE`);
  return `${one}=${value}`;
}

import { parseExecutionId } from "../ids.ts";
import { asCount, asRecord } from "../record.ts";
import { is } from "./checks.ts";
import { FLEET_LIMITS } from "./limits.ts";
import { isOrderedFiles, type OrderedFile } from "./order.ts";
import { isProgramName } from "./service-name.ts";
import { RUN_STATES, type RunState } from "./states.ts";

/** A run on one node, as the API shows it. */
export interface RunOnNode {
  readonly node: string;
  /** Id of its execution, even if it never started. */
  readonly x: string;
  readonly state: RunState;
  /** A short name of the reason (`key-not-trusted`), or empty. */
  readonly why: string;
  /** The reason in words, or empty. */
  readonly text: string;
  readonly code: number | null;
  readonly signal: string | null;
  /** The user who cancelled or stopped it, or empty. */
  readonly by: string;
  /** Unix time in milliseconds, by the clock of the node or collector that set it. */
  readonly atMs: number;
}

/** Everything needed to order the same again, except the values of the environment. */
export interface RunDetails {
  /** Nodes at a time; 0: all at once. */
  readonly batch: number;
  /** A failure on any node of a batch holds back further batches. */
  readonly pausesOnFailure: boolean;
  readonly cwd: string;
  /** Names of the variables that the order set. */
  readonly variables: readonly string[];
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly killAfterSeconds: number;
  /** Name that the command publishes while it runs, or empty. */
  readonly publish: string;
  readonly files: readonly OrderedFile[];
}

/** A run: an order and its state on each node, as `GET /api/runs/:run` shows it. */
export interface RunView {
  readonly run: string;
  readonly owner: string;
  readonly job: string;
  readonly argv: readonly string[];
  readonly via: "ssh" | "web";
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** All states are final, except that the end of an `unknown` run may still be found. */
  readonly isDone: boolean;
  /** A node of an earlier batch has failed: the others are held until its owner lets it go on. */
  readonly isPaused: boolean;
  readonly details: RunDetails;
  readonly nodes: readonly RunOnNode[];
}

const isState = is(...RUN_STATES);

export function parseRunView(value: unknown): RunView | undefined {
  const { run, owner, job, argv, via, issuedMs, expiresMs, isDone, isPaused, details, nodes } = asRecord(value) ?? {};
  const [id, issued, expires] = [parseExecutionId(run), asCount(issuedMs), asCount(expiresMs)];
  if (id === undefined || typeof owner !== "string" || typeof job !== "string" || !Array.isArray(argv))
    return undefined;
  if (issued === undefined || expires === undefined || !Array.isArray(nodes)) return undefined;
  return {
    run: id,
    owner,
    job,
    argv: argv.map(String),
    via: via === "web" ? "web" : "ssh",
    issuedMs: issued,
    expiresMs: expires,
    isDone: isDone === true,
    isPaused: isPaused === true,
    details: parseRunDetails(details),
    nodes: nodes.flatMap((each: unknown) => parseOnNode(each) ?? []),
  };
}

/** Parses the details of a run. Missing members get defaults: older outboxes have none. */
export function parseRunDetails(value: unknown): RunDetails {
  const { batch, pausesOnFailure, cwd, variables, seconds, memoryBytes, killAfterSeconds, publish, files } =
    asRecord(value) ?? {};
  return {
    batch: asCount(batch) ?? 0,
    pausesOnFailure: pausesOnFailure === true,
    cwd: typeof cwd === "string" ? cwd : "",
    variables: Array.isArray(variables) ? variables.map(String) : [],
    seconds: asCount(seconds) ?? 0,
    memoryBytes: asCount(memoryBytes) ?? 0,
    killAfterSeconds: asCount(killAfterSeconds, 1) ?? FLEET_LIMITS.usualKillAfterSeconds,
    publish: isProgramName(publish) ? publish : "",
    files: isOrderedFiles(files) ? files : [],
  };
}

function parseOnNode(value: unknown): RunOnNode | undefined {
  const { node, x, state, why, text, code, signal, by, atMs } = asRecord(value) ?? {};
  const id = parseExecutionId(x);
  if (typeof node !== "string" || id === undefined || !isState(state)) return undefined;
  const asText = (word: unknown) => (typeof word === "string" ? word : "");
  return {
    node,
    x: id,
    state,
    why: asText(why),
    text: asText(text),
    code: asCount(code) ?? null,
    signal: typeof signal === "string" ? signal : null,
    by: asText(by),
    atMs: asCount(atMs) ?? 0,
  };
}

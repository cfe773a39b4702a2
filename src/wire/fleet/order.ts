import { parseExecutionId } from "../ids.ts";
import { nodeNamed } from "../node-name.ts";
import { asCount, asRecord, parseJson } from "../record.ts";
import { isUnixName } from "../unix-name.ts";
import { type Check, type Checked, is, isListOf, isMatch, isShape, isText, isWhole } from "./checks.ts";
import { FLEET_LIMITS as MOST } from "./limits.ts";
import { isProgramName, isServiceName } from "./service-name.ts";
import { tooLong } from "./signed-order.ts";

const isDigest = isMatch(/^[0-9a-f]{64}$/);
const isUser: Check<string> = (value): value is string => typeof value === "string" && isUnixName(value);
const isRun: Check<string> = (value): value is string => parseExecutionId(value) !== undefined;
const isNode: Check<string> = (value): value is string => typeof value === "string" && nodeNamed(value) === value;
const isUnixMs = isWhole(1_700_000_000_000, 9_999_999_999_999);
const isPath = isText(MOST.maxPathCharacters, 1);
const isNodes: Check<readonly string[]> = (value): value is readonly string[] =>
  isListOf(isNode, { least: 1, most: MOST.maxNodes })(value) && new Set(value).size === value.length;

const FILE = {
  path: isPath,
  sha256: isDigest,
  bytes: isWhole(0, MOST.maxFileBytes),
  mode: isWhole(0, 0o777),
  overwrite: is(true, false),
  unpack: is("", "tar"),
} as const;

export type OrderedFile = Checked<typeof FILE>;

export const isOrderedFiles = isListOf(isShape(FILE), { most: MOST.maxFiles });

/** Changes when keys are added: nodes refuse other versions. */
export const ORDER_VERSION = 1;

/** Leading members of every kind. `fleet` is the SHA-256 of the authority's ca.crt; `user` signs. */
const head = <const K extends string>(kind: K) =>
  ({ v: is(ORDER_VERSION), kind: is(kind), fleet: isDigest, run: isRun, user: isUser }) as const;
const TIMES = { issued: isUnixMs, expires: isUnixMs, via: is("ssh", "web") } as const;
const WORK = {
  nodes: isNodes,
  ...TIMES,
  /** Empty: files only. */
  argv: isListOf(isText(MOST.maxArgumentCharacters), { most: MOST.maxArguments }),
  /** Empty: the user's home. */
  cwd: isText(MOST.maxPathCharacters),
  env: isListOf(isMatch(/^[A-Za-z_][A-Za-z0-9_]*=[^\0\p{Surrogate}]*$/u), { most: MOST.maxEnvironment }),
  /** Empty: the execution's own id. */
  job: isText(128),
  files: isOrderedFiles,
  /** 0: no limit. */
  seconds: isWhole(0, MOST.maxSeconds),
  memoryBytes: isWhole(0, MOST.maxMemoryBytes),
  killAfterSeconds: isWhole(1, MOST.maxKillAfterSeconds),
  /** Name that nodes list as `USER/NAME` while the command runs. Empty: none. */
  publish: (value: unknown): value is string => value === "" || isProgramName(value),
} as const;

/** Keys of each kind in the order of the signed bytes. */
const KINDS = {
  run: { ...head("run"), ...WORK },
  /** Whether the nodes would: starts nothing. */
  check: { ...head("check"), ...WORK },
  /** `run` is the run to stop, `owner` the user who ordered it. */
  cancel: { ...head("cancel"), owner: isUser, nodes: isNodes, ...TIMES },
  ask: {
    ...head("ask"),
    nodes: isNodes,
    ...TIMES,
    provider: isProgramName,
    args: isListOf(isText(MOST.maxQuestionCharacters), { most: MOST.maxQuestionArguments }),
  },
  call: { ...head("call"), nodes: isNodes, ...TIMES, service: isServiceName, input: isText(MOST.maxInputCharacters) },
} as const;

export type Order = { [K in keyof typeof KINDS]: Checked<(typeof KINDS)[K]> }[keyof typeof KINDS];
export type OrderOf<K extends Order["kind"]> = Extract<Order, { readonly kind: K }>;

/**
 * The canonical encoding of an order: these bytes (UTF-8) are signed, sent and stored.
 *
 * Throws `RangeError` if a member is invalid. Members may be given in any order.
 */
export function encodeOrder(order: Order): string {
  const record: Readonly<Record<string, unknown>> = order;
  const sorted = Object.fromEntries(Object.keys(KINDS[order.kind]).map((name) => [name, record[name]]));
  const text = JSON.stringify(sorted);
  if (text.length > MOST.maxMessageBytes) throw tooLong(text.length);
  if (parseOrder(text) === undefined) throw new RangeError(`Cannot encode the order: ${faultOf(sorted)}`);
  return text;
}

/** Parses an order. Undefined unless the text is the canonical encoding of a valid order. */
export function parseOrder(text: string): Order | undefined {
  if (text.length > MOST.maxMessageBytes) return undefined;
  const value = parseJson(text);
  return isOrder(value) && JSON.stringify(value) === text ? value : undefined;
}

/** The members that every version has: enough to refuse an unknown version by name. */
export interface OrderHead {
  readonly v: number;
  readonly run: string;
  readonly user: string;
}

export function parseOrderHead(text: string): OrderHead | undefined {
  if (text.length > MOST.maxMessageBytes) return undefined;
  const { v, run, user } = asRecord(parseJson(text)) ?? {};
  const version = asCount(v, 1);
  return version !== undefined && isRun(run) && isUser(user) ? { v: version, run, user } : undefined;
}

function isOrder(value: unknown): value is Order {
  const isKnown = Object.values(KINDS).some((checks) =>
    isShape<Readonly<Record<string, Check<unknown>>>>(checks)(value),
  );
  return isKnown && hasSense(value as Order);
}

/** Checks across members. */
function hasSense(order: Order): boolean {
  const most = order.kind === "ask" || order.kind === "call" ? MOST.maxAskLifeMs : MOST.maxLifeMs;
  if (order.expires <= order.issued || order.expires - order.issued > most) return false;
  const works = order.kind === "run" || order.kind === "check";
  if (works && order.publish !== "" && !isServiceName(`${order.user}/${order.publish}`)) return false;
  return !works || ((order.argv.length > 0 || order.files.length > 0) && order.argv[0] !== "");
}

function faultOf(record: Readonly<Record<string, unknown>>): string {
  const checks: Readonly<Record<string, Check<unknown>>> = KINDS[record["kind"] as Order["kind"]];
  const wrong = Object.keys(checks).find((name) => !checks[name]?.(record[name]));
  return wrong === undefined
    ? "its times, an order without command and files, or a published name that is too long with its user's"
    : `${wrong} is not of its form`;
}

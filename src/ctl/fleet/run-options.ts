import { parseAmount } from "../../text/nodes/amount.ts";
import { parseDuration } from "../../text/time/duration.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { isProgramName } from "../../wire/fleet/service-name.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { CommandDescription, OptionDescription, ParsedOptions } from "../described-command.ts";
import { givenBatches } from "./batching.ts";
import { PLACE_OPTIONS } from "./local-files.ts";
import type { RunRequest } from "./run-request.ts";

const DEFAULT_LIFE_MS = 600_000;
/** A batch waits for the ends of those before it. */
const BATCH_LIFE_MS = 86_400_000;

type Options = Readonly<Record<string, OptionDescription>>;

/** Which nodes. */
export const NODE_OPTIONS = {
  nodes: {
    short: "n",
    value: "NODES",
    help: "node[1-4], gpu*, *; several with commas, or repeated",
    isRepeatable: true,
  },
  where: {
    value: "FACTS",
    help: "only nodes that fit: 'memory>=16G && arch==x86_64', role=render; may be repeated",
    isRepeatable: true,
  },
} as const satisfies Options;

/** Of a command that is started on them. */
export const COMMAND_OPTIONS = {
  job: { value: "JOB", help: "the job's name (the command's)" },
  env: {
    value: "NAME[=VALUE]",
    help: "set a variable of its environment, to the value that it has here; may be repeated",
    isRepeatable: true,
  },
  timeout: { value: "TIME", help: "end it after this time: 90s, 2h" },
  memory: { value: "BYTES", help: "at most so much for all of it: 500M, 16G; on nodes with systemd" },
  publish: { value: "NAME", help: "list it on these nodes as YOU/NAME while it runs" },
  "kill-after": {
    value: "TIME",
    help: `from its TERM to its KILL when it is stopped (${FLEET_LIMITS.usualKillAfterSeconds}s)`,
  },
} as const satisfies Options;

/** How its order is made, sent and attended. */
export const ORDER_OPTIONS = {
  expires: { value: "TIME", help: "start it within this time or never (10m; with --batch 1d)" },
  wait: { value: "TIME", help: "also on nodes that are absent: when they come back within this time (at most 7d)" },
  "dry-run": { help: "ask the nodes whether they would: user, rules, folder, disk, time; starts nothing" },
  batch: { value: "N", help: "on N nodes at a time, in the order of -n: the next when all of them have ended" },
  "pause-on-failure": { help: "with --batch: no further batch after one that has failed somewhere" },
  tries: { value: "N", help: "try so often to reach the collector before the order waits here (3)" },
  "no-wait": { help: "print the run's id and go; mlctl runs and mlctl stop take it" },
  key: { value: "FILE", help: "sign with this key, or with the agent's whose public half this is" },
  json: { help: "the lines, then the run's last state, as objects of JSON" },
} as const satisfies Options;

/** What else `run` is asked to start. */
const OWN_OPTIONS = {
  cwd: { value: "DIR", help: "start it in this folder of the node (your home)" },
  put: { value: "FILE", help: "send this file first; may be repeated", isRepeatable: true },
  ...PLACE_OPTIONS,
} as const satisfies Options;

export const RUN: CommandDescription = {
  name: "run",
  summary: "run a command on nodes of the fleet, as yourself",
  operands: "-- COMMAND [ARG]...",
  operandCount: [0, FLEET_LIMITS.maxArguments],
  about: `Signs an order with your SSH key, sends it to the nodes, and shows what the command prints there, merged as it
arrives. Each node verifies the signature and starts the command at most once, under mlrun, as you: not in a shell, in
your home folder, with nothing on its input. The collector keeps the order until the node has answered.

  mlctl run -n 'gpu[01-16]' --job train -- ./train.sh --epochs 3
  mlctl run --where 'cpus>=8 && role=render' -- uname -r
  mlctl run -n 'gpu*' --put model.bin --to data -- ./use data/model.bin
  mlctl run -n 'web*' --dry-run -- ./restart.sh                    # would the nodes? Starts nothing
  mlctl run -n 'web*' --batch 2 --pause-on-failure -- ./restart.sh # mlctl continue goes on after a failure
  mlctl run --again 01JDTC8V...                                    # on the nodes where that run failed
  mlctl runs --export > orders; mlctl run --from orders            # the same again

Ctrl-C asks whether to stop the command or to leave it running. Without a terminal it is left running. While the
collector cannot be reached, signed orders wait here; the next run, runs, stop or \`mlctl run --flush\` sends them.`,
  options: {
    ...NODE_OPTIONS,
    ...COMMAND_OPTIONS,
    ...OWN_OPTIONS,
    again: { value: "RUN", help: "the same command on the nodes where that run failed, was refused or has expired" },
    from: {
      value: "FILE",
      help: "orders of a file, one JSON object a line (-: standard input); of a folder: of each file put there, until Ctrl-C",
    },
    flush: { help: "send the orders that wait here, and nothing else" },
    ...ORDER_OPTIONS,
  },
  exitCodes: `Exit code: 0 if it finished everywhere with 0; 75 if the order waits here for the collector; 125 if on some node it
was not started, or nobody knows, or it is paused; otherwise the highest of its exit codes.`,
};

/** What says in another way what to run, and what cannot stand beside it. */
const INSTEAD = ["flush", "again", "from"] as const;
const OF_A_COMMAND = Object.keys({ ...NODE_OPTIONS, ...COMMAND_OPTIONS, ...OWN_OPTIONS });
/** Waiting orders are signed, and sent to nobody else. */
const BESIDE_FLUSH = ["key"];

/** Throws a UsageError that names two things of which one would be ignored. */
export function refuseContradictions(options: ParsedOptions): void {
  const instead = INSTEAD.find((name) => isGiven(options, name));
  if (instead === undefined) return;
  const ofOrders = instead === "flush" ? Object.keys(ORDER_OPTIONS).filter((name) => !BESIDE_FLUSH.includes(name)) : [];
  const others = [...INSTEAD.filter((name) => name !== instead), ...OF_A_COMMAND, ...ofOrders];
  const other = others.find((name) => isGiven(options, name));
  if (other !== undefined) throw new UsageError(`expected --${instead} or --${other}, not both`);
  const [word] = options.operands;
  if (word !== undefined) throw new UsageError(`expected --${instead} or a command, not both: ${JSON.stringify(word)}`);
}

function isGiven(options: ParsedOptions, name: string): boolean {
  return options.has(name) || options.text(name) !== undefined || options.texts(name).length > 0;
}

/** What the command line asks to run. Throws a UsageError if something is missing. */
export function requestOf(options: ParsedOptions): RunRequest {
  const { operands: argv } = options;
  if (argv.length === 0) throw new UsageError("the command is missing: mlctl run -n NODES -- COMMAND");
  return { ...requestFor(options, argv), cwd: options.text("cwd") ?? "" };
}

/** The same for a command, or none, that is not all of the operands. */
export function requestFor(options: ParsedOptions, argv: readonly string[]): RunRequest {
  const [nodes, where] = [options.texts("nodes"), options.texts("where")];
  if (nodes.length === 0 && where.length === 0)
    throw new UsageError("-n is missing: the nodes, like -n 'node[1-4]' or -n '*'");
  const hasCommand = argv.length > 0;
  const killAfterMs =
    (hasCommand ? durationOf(options, "kill-after") : undefined) ?? FLEET_LIMITS.usualKillAfterSeconds * 1_000;
  return {
    nodes,
    where,
    argv,
    job: options.text("job") ?? "",
    cwd: "",
    env: hasCommand ? options.texts("env") : [],
    seconds: hasCommand ? Math.ceil((durationOf(options, "timeout") ?? 0) / 1_000) : 0,
    memoryBytes: hasCommand ? memoryOf(options) : 0,
    killAfterSeconds: Math.max(1, Math.ceil(killAfterMs / 1_000)),
    publish: hasCommand ? publishOf(options) : "",
    files: [],
    ...(givenBatches(options) ?? { batch: 0, pausesOnFailure: false }),
  };
}

/** How long the order of a request may wait. Throws a UsageError at once if the options say something else than a time. */
export function lifeOf(options: ParsedOptions): (request: Pick<RunRequest, "batch">) => number {
  const lifeMs = durationOf(options, "wait") ?? durationOf(options, "expires");
  if (lifeMs !== undefined && lifeMs > FLEET_LIMITS.maxLifeMs) throw new UsageError("--wait, --expires: at most 7d");
  return ({ batch }) => lifeMs ?? (batch === 0 ? DEFAULT_LIFE_MS : BATCH_LIFE_MS);
}

function publishOf(options: ParsedOptions): string {
  const name = options.text("publish") ?? "";
  if (name === "" || isProgramName(name)) return name;
  throw new UsageError(`--publish: expected a name like jupyter or lab/jupyter, got ${JSON.stringify(name)}`);
}

function memoryOf(options: ParsedOptions): number {
  const text = options.text("memory");
  const bytes = text === undefined ? 0 : Math.floor(parseAmount(text) ?? 0);
  if (text === undefined || (bytes > 0 && bytes <= FLEET_LIMITS.maxMemoryBytes)) return bytes;
  throw new UsageError(`--memory: expected bytes like 500M or 16G, got ${JSON.stringify(text)}`);
}

function durationOf(options: ParsedOptions, name: string): number | undefined {
  const text = options.text(name);
  const ms = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && (ms === undefined || ms === 0))
    throw new UsageError(`--${name}: expected a time like 90s, 10m or 2h, got ${JSON.stringify(text)}`);
  return ms;
}

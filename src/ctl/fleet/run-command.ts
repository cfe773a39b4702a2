import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { formatNodeRange } from "../../text/nodes/node-range.ts";
import { parseDuration } from "../../text/time/duration.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { parseFleetView } from "../../wire/fleet/node-view.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import type { RunView } from "../../wire/fleet/run-view.ts";
import { makeExecutionId } from "../../wire/ids.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError, type Io } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { note } from "../remote/session.ts";
import { attend } from "./attend-run.ts";
import { chooseNodes } from "./choose-nodes.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { sendRun } from "./run-api.ts";
import { signOrder } from "./sign-order.ts";

const DEFAULT_LIFE_MS = 600_000;
const DEFAULT_KILL_AFTER_SECONDS = 60;
const ULID_RANDOM_BYTES = 16;
const MAX_WORDS = 4_096;

export const RUN: CommandDescription = {
  name: "run",
  summary: "run a command on nodes of the fleet, as yourself",
  operands: "-- COMMAND [ARG]...",
  operandCount: [1, MAX_WORDS],
  about: `Signs an order with your SSH key, sends it to the nodes, and shows what the command prints there, merged as it
arrives. Each node verifies the signature and starts the command at most once, under mlrun, as you: not in a shell, in
your home folder, with nothing on its input. The collector keeps the order until the node has answered.

  mlctl run -n 'gpu[01-16]' --job train -- ./train.sh --epochs 3
  mlctl run --where 'cpus>=8 && role=render' -- uname -r

Ctrl-C asks whether to stop the command or to leave it running. Without a terminal it is left running.`,
  options: {
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
    job: { value: "JOB", help: "the job's name (the command's)" },
    cwd: { value: "DIR", help: "start it in this folder of the node (your home)" },
    env: { value: "NAME=VALUE", help: "set a variable of its environment; may be repeated", isRepeatable: true },
    timeout: { value: "TIME", help: "end it after this time: 90s, 2h" },
    "kill-after": {
      value: "TIME",
      help: `from its TERM to its KILL when it is stopped (${DEFAULT_KILL_AFTER_SECONDS}s)`,
    },
    expires: { value: "TIME", help: "start it within this time or never (10m)" },
    wait: { value: "TIME", help: "also on nodes that are absent: when they come back within this time (at most 7d)" },
    "no-wait": { help: "print the run's id and go; mlctl runs and mlctl stop take it" },
    key: { value: "FILE", help: "sign with this key, or with the agent's whose public half this is" },
    json: { help: "the lines, then the run's last state, as objects of JSON" },
  },
  exitCodes: `Exit code: 0 if it finished everywhere with 0; 125 if on some node it was not started, or nobody knows;
otherwise the highest of its exit codes.`,
};

/** `mlctl run`. */
export function runCommand(settings: FleetSettings): Command {
  return describedCommand(RUN, async (options, io) => {
    const account = new AccountFile(settings.configFolder).read();
    const collector = new Collector(account);
    const order = await makeOrder(options, { collector, user: account.user, io, nowMs: settings.nowMs() });
    const signed = await signOrder(order, { key: options.text("key"), sshFolder: settings.sshFolder });
    const sent = await sendRun(collector, signed);
    return options.has("no-wait") ? announce(sent, options, io) : attend({ collector, sent, options, io, settings });
  });
}

async function announce(sent: RunView, options: ParsedOptions, io: Io): Promise<number> {
  const output = new Output(io);
  if (options.has("json")) await output.json(sent);
  else await output.line(sent.run);
  return 0;
}

async function makeOrder(
  options: ParsedOptions,
  { collector, user, io, nowMs }: { collector: Collector; user: string; io: Io; nowMs: number },
): Promise<OrderOf<"run">> {
  const [patterns, where] = [options.texts("nodes"), options.texts("where")];
  if (patterns.length === 0 && where.length === 0)
    throw new UsageError("-n is missing: the nodes, like -n 'node[1-4]' or -n '*'");
  const lifeMs = durationOf(options, "wait") ?? durationOf(options, "expires") ?? DEFAULT_LIFE_MS;
  if (lifeMs > FLEET_LIMITS.maxLifeMs) throw new UsageError("--wait, --expires: at most 7d");
  const fleet = await collector.json({ path: "/fleet" }, parseFleetView);
  const chosen = chooseNodes(patterns, fleet.nodes, where);
  if (where.length > 0) note(io, `nodes: ${formatNodeRange(chosen.map(({ node }) => node))}`);
  const absent = chosen.filter(({ state }) => state !== "present").map(({ node }) => node);
  const waits = options.text("wait") !== undefined;
  const nodes = waits ? chosen : chosen.filter(({ state }) => state === "present");
  if (nodes.length === 0)
    throw new CtlError(`None of the nodes is there (${absent.join(", ")}): --wait 1h waits until they are`);
  if (absent.length > 0) note(io, `${waits ? "waits for" : "left out, absent"}: ${absent.join(", ")}`);
  const { operands: argv } = options;
  return {
    v: 1,
    kind: "run",
    fleet: fleet.id,
    run: makeExecutionId(nowMs, randomBytes(ULID_RANDOM_BYTES)),
    user,
    nodes: nodes.map(({ node }) => node),
    issued: nowMs,
    expires: nowMs + lifeMs,
    via: "ssh",
    argv,
    cwd: options.text("cwd") ?? "",
    env: options.texts("env"),
    // All of its executions together: that is what a job is.
    job: options.text("job") ?? basename(argv[0] ?? ""),
    files: [],
    seconds: Math.ceil((durationOf(options, "timeout") ?? 0) / 1_000),
    memoryBytes: 0,
    killAfterSeconds: Math.max(
      1,
      Math.ceil((durationOf(options, "kill-after") ?? DEFAULT_KILL_AFTER_SECONDS * 1_000) / 1_000),
    ),
    publish: "",
  };
}

function durationOf(options: ParsedOptions, name: string): number | undefined {
  const text = options.text(name);
  const ms = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && (ms === undefined || ms === 0))
    throw new UsageError(`--${name}: expected a time like 90s, 10m or 2h, got ${JSON.stringify(text)}`);
  return ms;
}

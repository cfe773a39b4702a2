import { parseDuration } from "../../text/time/duration.ts";
import type { AskedNode } from "../../wire/fleet/asked-node.ts";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { parseFleetView } from "../../wire/fleet/node-view.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { askNodes } from "./ask-nodes.ts";
import { chooseNodes } from "./choose-nodes.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { AnswerTable, nameOthers } from "./print-answers.ts";
import { NODE_OPTIONS, ORDER_OPTIONS } from "./run-options.ts";

const DEFAULT_WITHIN_MS = 8_000;
/** Not all of them gave an answer. */
const NOT_ALL_CODE = 125;

export const ASK: CommandDescription = {
  name: "ask",
  summary: "ask nodes of the fleet for what they know now",
  operands: "PROVIDER [ARG]...",
  operandCount: [1, 1 + FLEET_LIMITS.maxQuestionArguments],
  about: `Signs a question with your SSH key, sends it to the nodes, all of them without -n and --where, and prints what they answer
as a table: on a terminal as they answer, else in the order of the nodes. Nothing is started there. Nodes that have not
answered are named.

  uptime            seconds since the start, load
  memory            memory and swap
  disk              each local file system: size, what is free
  time              the node's clock, and its time zone
  processes [NAME]  yours there, or those of a name; the 64 that used the processor most
  who               who is logged in, from where, since when
  units [NAME]      units of systemd that have failed, or those of a name, which may be a glob
  providers         all that the node can be asked about, also what its administrator has added

  mlctl ask uptime
  mlctl ask processes python3 -n 'gpu*' --json`,
  options: {
    ...NODE_OPTIONS,
    within: { value: "TIME", help: "wait this long for the slowest (8s; at most 30s)" },
    key: ORDER_OPTIONS.key,
    json: { help: "an object of JSON for each node: node, answer, why, text, rows" },
  },
  exitCodes:
    "Exit code: 0 if all nodes gave an answer; 125 if one has no such provider, refused, failed or did not answer.",
};

/** `mlctl ask`. */
export function askCommand(settings: FleetSettings): Command {
  return describedCommand(ASK, async (options, io) => {
    const withinMs = withinOf(options);
    const account = new AccountFile(settings.configFolder).read();
    const collector = new Collector(account);
    const fleet = await collector.json({ path: "/fleet" }, parseFleetView);
    const chosen = chooseNodes(options.texts("nodes"), fleet.nodes, options.texts("where"));
    const [provider = "", ...args] = options.operands;
    const isJson = options.has("json");
    const output = new Output(io);
    const nodes = chosen.map(({ node }) => node);
    const table = new AnswerTable(output, nodes);
    const isShown = output.isTerminal && !isJson;
    const answers = await askNodes({
      ...{ collector, fleetId: fleet.id, user: account.user, key: options.text("key"), settings },
      ...{ nodes, provider, args, withinMs },
      ...(isShown ? { onSaid: (said: readonly AskedNode[]) => table.add(said) } : {}),
    });
    if (!isShown && !isJson) await table.add(answers);
    if (isJson) for (const each of answers) await output.json(each);
    else nameOthers(answers, io);
    return answers.every(({ answer }) => answer === "complete") ? 0 : NOT_ALL_CODE;
  });
}

function withinOf(options: ParsedOptions): number {
  const text = options.text("within");
  const ms = text === undefined ? DEFAULT_WITHIN_MS : parseDuration(text);
  if (ms === undefined || ms < 1 || ms > FLEET_LIMITS.maxAskLifeMs)
    throw new UsageError(`--within: expected a time of at most 30s, got ${JSON.stringify(text)}`);
  return ms;
}

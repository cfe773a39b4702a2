import type { FleetNode } from "../../wire/fleet/node-view.ts";
import { parseJson } from "../../wire/record.ts";
import { formatBytes } from "../remote/byte-text.ts";
import type { BotFile, Right } from "./bot-file.ts";
import type { BotFleet } from "./bot-fleet.ts";
import { linkOf, MAX_ANSWER_LINES, shortened, statesOf } from "./chat-text.ts";
import type { RunReports } from "./run-reports.ts";

const MAX_RUNS = MAX_ANSWER_LINES - 1;
const HELP = [
  "nodes [NODES] · runs · lines RUN|JOB: the last ones · ask PROVIDER [ARG]... [@NODES] · run NAME · stop RUN|JOB · call SERVICE [JSON]",
  "login TOKEN (in a private message, while you are in the channel) · logout · whoami",
];

interface ChatCommandsOptions {
  readonly file: Pick<BotFile, "rights" | "runs" | "services">;
  readonly fleet: BotFleet;
  readonly reports: Pick<RunReports, "follow">;
  /** Of the viewer. */
  readonly url: string;
}

/** What a person may say to the bot. Words of theirs name things: they never become part of a command. */
export class ChatCommands {
  readonly #options: ChatCommandsOptions;

  constructor(options: ChatCommandsOptions) {
    this.#options = options;
  }

  /** The answer to a user's words. @param said the same as it was typed */
  async answer(user: string, words: readonly string[], said: string): Promise<readonly string[]> {
    const [name = "", ...rest] = words;
    const { runs, services } = this.#options.file;
    const right = RIGHT_OF.get(name);
    if (name === "help")
      return [...HELP, `run starts: ${[...runs.keys()].join(", ") || "nothing"}; call: ${namesOf(services)}`];
    if (name === "whoami") return [`${user}, who may ${[...(this.#options.file.rights.get(user) ?? [])].join(", ")}`];
    if (right === undefined) return [`I do not know ${name}: help lists what I do`];
    if (this.#options.file.rights.get(user)?.has(right) !== true)
      return [`${user} may not ${right}: bot.toml says who may`];
    try {
      return name === "call" ? await this.#call(said) : await this.#do(name, { rest, user });
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }

  async #do(
    name: string,
    { rest, user }: { readonly rest: readonly string[]; readonly user: string },
  ): Promise<readonly string[]> {
    const { fleet, url } = this.#options;
    const [first] = rest;
    if (name === "nodes") return shortened((await fleet.nodes(rest)).map(nodeLine), `${url}/?page=nodes`);
    if (name === "runs") {
      const runs = await fleet.runs(MAX_RUNS);
      return runs.length === 0 ? ["no runs yet"] : runs.map((view) => `${view.run} ${view.job}: ${statesOf(view)}`);
    }
    if (name === "ask" && first !== undefined) {
      const args = rest.slice(1).filter((word) => !word.startsWith("@"));
      const nodes = rest.filter((word) => word.startsWith("@")).map((word) => word.slice(1));
      return shortened(await fleet.ask(first, args, nodes), `mlctl ask ${first}`);
    }
    if (first === undefined || rest.length !== 1) return [`${name}: expected ${OPERAND_OF[name]}`];
    if (name === "run") return this.#run(first, user);
    if (name === "stop") {
      const view = await fleet.stop(first);
      return [`stops ${view.job} ${view.run}: ${statesOf(view)}`];
    }
    const view = await fleet.run(first);
    const lines = await fleet.lines(view, MAX_ANSWER_LINES);
    const shown = lines.length > MAX_ANSWER_LINES ? shortenedEvenly(lines) : lines;
    return [...(lines.length === 0 ? ["it has printed nothing"] : shown), linkOf(url, view)];
  }

  /** The JSON is typed by a person; it reaches the service's input, and nothing else. */
  async #call(said: string): Promise<readonly string[]> {
    const { file, fleet } = this.#options;
    const [, service = "", input = ""] = /^\s*\S+\s+(\S+)\s*(.*)$/s.exec(said) ?? [];
    if (service === "") return ["call: expected the name of a service in bot.toml, and its JSON"];
    if (!file.services.has(service)) return [`bot.toml has no service ${service}: it has ${namesOf(file.services)}`];
    if (input !== "" && parseJson(input) === undefined) return [`call ${service}: expected JSON after the name`];
    const { where, output, fault } = await fleet.call(service, input);
    const printed = output.split("\n").map((line) => `${where}: ${line}`);
    return shortened(
      [...(output === "" ? [] : printed), ...(fault === "" ? [] : [`${where}: ${fault}`])],
      `mlctl call ${service}`,
    );
  }

  async #run(name: string, user: string): Promise<readonly string[]> {
    const { file, fleet, reports, url } = this.#options;
    const request = file.runs.get(name);
    if (request === undefined)
      return [`bot.toml has no run ${name}: it has ${[...file.runs.keys()].join(", ") || "none"}`];
    const { view, notes } = await fleet.start(request, user);
    reports.follow(view);
    return [...notes, `${view.job} ${view.run} starts: ${statesOf(view)} ${linkOf(url, view)}`];
  }
}

const RIGHT_OF: ReadonlyMap<string, Right> = new Map([
  ["nodes", "look"],
  ["runs", "look"],
  ["lines", "look"],
  ["ask", "ask"],
  ["run", "run"],
  ["stop", "stop"],
  ["call", "call"],
]);
const OPERAND_OF: Readonly<Record<string, string>> = {
  ask: "PROVIDER [ARG]... [@NODES]",
  run: "the name of one in bot.toml",
  stop: "RUN or JOB",
  lines: "RUN or JOB",
};

function namesOf(names: ReadonlySet<string>): string {
  return [...names].join(", ") || "none";
}

/** The last of each node. */
function shortenedEvenly(lines: readonly string[]): readonly string[] {
  const byNode = new Map<string, string>();
  for (const line of lines) byNode.set(line.slice(0, line.indexOf(":")), line);
  const last = [...byNode.values()];
  if (last.length === 1) return lines.slice(-MAX_ANSWER_LINES);
  return last.length <= MAX_ANSWER_LINES
    ? last
    : [...last.slice(0, MAX_ANSWER_LINES - 1), `and of ${last.length - MAX_ANSWER_LINES + 1} more nodes`];
}

function nodeLine({ node, state, load, memoryFreeBytes, running }: FleetNode): string {
  if (state !== "present") return `${node}: ${state}`;
  const figures = [
    load === null ? "" : `load ${load.toFixed(2)}`,
    memoryFreeBytes === null ? "" : `${formatBytes(memoryFreeBytes)} free`,
    running === null ? "" : `${running} running`,
  ];
  return `${node}: ${figures.filter((figure) => figure !== "").join(", ")}`;
}

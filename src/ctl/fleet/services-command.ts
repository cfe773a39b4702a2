import type { PublishedCommand } from "../../wire/fleet/published-command.ts";
import type { OfferedService } from "../../wire/fleet/services-view.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { localTime } from "../remote/moments.ts";
import { Output } from "../remote/output.ts";
import { note, type RemoteSettings, signedIn } from "../remote/session.ts";
import { printTable } from "../remote/table.ts";
import { listServices, missingWords } from "./call-service.ts";

export const SERVICES: CommandDescription = {
  name: "services",
  summary: "list what nodes of the fleet offer by name",
  operands: "",
  operandCount: [0, 0],
  about: `Lists services with the nodes that have them, also those of joined collectors that no node here has: \`mlctl call\` calls them.
USER/NAME is a command that USER has started with \`mlctl run --publish NAME\`: on which node it runs, since when, and as which
execution. It takes no calls: \`mlctl tail EXECUTION\` shows what it prints, such as where to reach it, to its user and to those with
whom they share it. For programs: the same fields separated by tabs, times in UTC.`,
  options: { json: { help: "one JSON object a line, as the API has them" } },
};

/** `mlctl services`. */
export function servicesCommand(settings: RemoteSettings): Command {
  return describedCommand(SERVICES, async (options, io) => {
    const output = new Output(io);
    const offered = await listServices(signedIn(settings));
    for (const words of missingWords(offered)) note(io, words);
    if (options.has("json")) for (const each of offered.services) await output.json(each);
    else
      await printTable(output, {
        rows: offered.services.flatMap(rowsOf),
        columns: [
          { title: "SERVICE", cell: ({ name }) => name },
          { title: "NODES", cell: ({ nodes, peer }) => `${nodes.join(",")}${peer === undefined ? "" : ` of ${peer}`}` },
          { title: "RUN BY", cell: ({ command }) => command?.owner ?? "-" },
          {
            title: "SINCE",
            cell: ({ command }) => (command === undefined ? "-" : timeOf(command.sinceMs, output)),
            isWhole: true,
          },
          { title: "EXECUTION", cell: ({ command }) => command?.x ?? "-", isWhole: true },
        ],
        none: "no node that is there offers a service",
      });
    return 0;
  });
}

interface Row {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly peer: string | undefined;
  readonly command?: PublishedCommand;
}

/** A service; and each command of its own. */
function rowsOf({ name, nodes, at, commands = [] }: OfferedService): readonly Row[] {
  const peer = at?.peer;
  const callable = nodes.filter((node) => commands.every((command) => command.node !== node));
  const running = commands.map((command) => ({ name, nodes: [command.node], peer, command }));
  return callable.length === 0 ? running : [{ name, nodes: callable, peer }, ...running];
}

function timeOf(ms: number, { isTerminal }: Output): string {
  const utc = new Date(ms).toISOString();
  return isTerminal ? localTime(utc) : utc;
}

import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector } from "../remote/collector.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { localFiles, PLACE_OPTIONS } from "./local-files.ts";
import { nodesAndFolder } from "./nodes-and-folder.ts";
import { orderAll } from "./run-command.ts";
import { lifeOf, NODE_OPTIONS, ORDER_OPTIONS, requestFor } from "./run-options.ts";
import { sendFiles } from "./send-files.ts";

export const PUT: CommandDescription = {
  name: "put",
  summary: "send files to nodes of the fleet, as yourself",
  operands: "FILE...",
  operandCount: [1, FLEET_LIMITS.maxFiles],
  about: `Sends files to the collector, which has them only once, and signs an order that puts them on nodes: written there as you,
all or none. What was cut off goes on where it was cut. Secrets belong into files with --mode 600, not into --env.

  mlctl put model.bin -n 'gpu[01-16]' --to ~/models
  mlctl put a.conf b.conf --where role=web --to conf --overwrite

--to @NAME puts them into a folder that the nodes' administrator shares: [folders.NAME] of agent.toml. They become its user's.

  mlctl put app.war -n 'web[1-4]:@tomcat' --overwrite             # NODES:DIR is the same as --to DIR`,
  options: {
    ...NODE_OPTIONS,
    ...PLACE_OPTIONS,
    job: { value: "JOB", help: "the run's name (put)" },
    ...ORDER_OPTIONS,
  },
  exitCodes: "Exit code: 0 if all nodes have all files; 125 if on some node they are not all there, or nobody knows.",
};

/** `mlctl put`. */
export function putCommand(settings: FleetSettings): Command {
  return describedCommand(PUT, async (options, io) => {
    const account = new AccountFile(settings.configFolder).read();
    const collector = new Collector(account);
    const { nodes, folder } = nodesAndFolder(options);
    const request = { ...requestFor(options, []), nodes };
    const lifeMsOf = lifeOf(options);
    const files = await sendFiles(localFiles(options.operands, { folder, options, io }), {
      ...{ collector, io, isDry: options.has("dry-run") },
    });
    const place = { collector, user: account.user, options, io, settings };
    return orderAll([{ ...request, files }], { place, lifeMsOf });
  });
}

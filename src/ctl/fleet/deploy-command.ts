import { basename } from "node:path";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector } from "../remote/collector.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { localFile } from "./local-files.ts";
import { orderAll } from "./run-command.ts";
import { COMMAND_OPTIONS, lifeOf, NODE_OPTIONS, ORDER_OPTIONS, RUN, requestFor } from "./run-options.ts";
import { sendFiles } from "./send-files.ts";

export const DEPLOY: CommandDescription = {
  name: "deploy",
  summary: "unpack an archive on nodes of the fleet, then run a command there",
  operands: "ARCHIVE [-- COMMAND [ARG]...]",
  operandCount: [1, FLEET_LIMITS.maxArguments],
  about: `Sends a tar archive (plain, or packed by gzip) and unpacks it as the folder of --to: beside it first, then in one step. With
--overwrite it takes the place of the folder that is there. Then the command starts in it.

  mlctl deploy shop.tar.gz -n 'web[1-4]' --to ~/shop --overwrite --batch 1 --pause-on-failure -- ./restart.sh`,
  options: {
    ...NODE_OPTIONS,
    to: { value: "DIR", help: "the folder that the archive becomes; @NAME/DIR: in a folder that the nodes share" },
    overwrite: { help: "replace the folder that is there" },
    ...COMMAND_OPTIONS,
    ...ORDER_OPTIONS,
  },
  ...(RUN.exitCodes === undefined ? {} : { exitCodes: RUN.exitCodes }),
};

/** `mlctl deploy`. */
export function deployCommand(settings: FleetSettings): Command {
  return describedCommand(DEPLOY, async (options, io) => {
    const [archive = "", ...argv] = options.operands;
    const to = (options.text("to") ?? "").replace(/\/+$/, "");
    if (to === "" || to === "~" || /^@[^/]*$/.test(to))
      throw new UsageError(
        "--to is missing: the folder that the archive becomes, like --to ~/shop or --to @tomcat/shop",
      );
    const account = new AccountFile(settings.configFolder).read();
    const collector = new Collector(account);
    const request = requestFor(options, argv);
    const lifeMsOf = lifeOf(options);
    const local = localFile(archive, { path: to, mode: undefined, overwrite: options.has("overwrite"), io });
    const files = await sendFiles([{ ...local, target: { ...local.target, unpack: "tar" } }], {
      ...{ collector, io, isDry: options.has("dry-run") },
    });
    const place = { collector, user: account.user, options, io, settings };
    const wanted = { ...request, files, cwd: to, job: request.job === "" ? basename(to) : request.job };
    return orderAll([wanted], { place, lifeMsOf });
  });
}

import { basename } from "node:path";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError, type Io } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Collector } from "../remote/collector.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { isArchive } from "./is-archive.ts";
import { type LocalFile, localFile } from "./local-files.ts";
import { nodesAndFolder } from "./nodes-and-folder.ts";
import { orderAll } from "./run-command.ts";
import { COMMAND_OPTIONS, lifeOf, NODE_OPTIONS, ORDER_OPTIONS, RUN, requestFor } from "./run-options.ts";
import { sendFiles } from "./send-files.ts";

/** Names of archives, also of those that nodes do not unpack. */
const LIKE_AN_ARCHIVE = /\.(?:tar|tar\.\w+|tgz|tbz2?|txz)$/i;

export const DEPLOY: CommandDescription = {
  name: "deploy",
  summary: "put a file or an archive on nodes of the fleet, then run a command there",
  operands: "FILE [-- COMMAND [ARG]...]",
  operandCount: [1, FLEET_LIMITS.maxArguments],
  about: `Sends FILE, then starts the command in the folder of --to. A tar archive (plain, or packed by gzip) becomes that folder:
unpacked beside it first, then in one step; with --overwrite it takes the place of the folder that is there. Any other file
is put into it as it is. -n NODES:DIR says the same as --to DIR.

  mlctl deploy app.war -n web1,web2:@tomcat --overwrite -- ./restart.sh
  mlctl deploy shop.tar.gz -n 'web[1-4]' --to ~/shop --overwrite --batch 1 --pause-on-failure -- ./restart.sh`,
  options: {
    ...NODE_OPTIONS,
    to: {
      value: "DIR",
      help: "the folder of the file, or that the archive becomes; @NAME/DIR: in a folder that the nodes share",
    },
    overwrite: { help: "replace the file, or the folder of the archive, that is there" },
    ...COMMAND_OPTIONS,
    ...ORDER_OPTIONS,
  },
  ...(RUN.exitCodes === undefined ? {} : { exitCodes: RUN.exitCodes }),
};

/** `mlctl deploy`. */
export function deployCommand(settings: FleetSettings): Command {
  return describedCommand(DEPLOY, async (options, io) => {
    const [word = "", ...argv] = options.operands;
    const { nodes, folder = "" } = nodesAndFolder(options);
    const to = folder.replace(/\/+$/, "");
    if (to === "")
      throw new UsageError("--to is missing: the folder on the nodes, like --to ~/shop or --to @tomcat/shop");
    const account = new AccountFile(settings.configFolder).read();
    const collector = new Collector(account);
    const request = { ...requestFor(options, argv), nodes };
    const lifeMsOf = lifeOf(options);
    const local = await deployed(word, { to, overwrite: options.has("overwrite"), io });
    const files = await sendFiles([local], { collector, io, isDry: options.has("dry-run") });
    const place = { collector, user: account.user, options, io, settings };
    const name = basename(local.target.path);
    const wanted = { ...request, files, cwd: to === "~" ? "" : to, job: request.job === "" ? name : request.job };
    return orderAll([wanted], { place, lifeMsOf });
  });
}

/** An archive is unpacked as the folder; any other file is put into it. */
async function deployed(
  word: string,
  { to, overwrite, io }: { readonly to: string; readonly overwrite: boolean; readonly io: Io },
): Promise<LocalFile> {
  const file = localFile(word, { path: `${to}/${basename(word)}`, mode: undefined, overwrite, io });
  const isTar = await isArchive(file.source).catch((error: unknown) => {
    throw new CtlError(`Cannot read ${word}: ${error instanceof Error ? error.message : error}`);
  });
  if (!isTar && LIKE_AN_ARCHIVE.test(word))
    throw new CtlError(`Cannot unpack ${word}: expected tar, plain or packed by gzip. \`mlctl put\` sends it as it is`);
  if (!isTar) return file;
  if (to === "~" || /^@[^/]*$/.test(to))
    throw new UsageError("--to: an archive becomes a folder of its own, like --to ~/shop or --to @tomcat/shop");
  return { ...file, target: { ...file.target, path: to, unpack: "tar" } };
}

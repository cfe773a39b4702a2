import { resolve } from "node:path";
import { asTime } from "../../wire/time.ts";
import { type Command, CtlError } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";

const DATA_DIR = { value: "DIR", help: "the collector's data folder (/var/lib/marcologger)" } as const;

export const BACKUP: CommandDescription = {
  name: "backup",
  summary: "copy a collector's data into one file",
  operands: "FILE",
  operandCount: [1, 1],
  about: `Copies the data folder of this machine's collector into FILE, in tar's format, compressed if its name ends in .gz, as root or
as the collector's user. The collector may run: everything that it had stored when the copy began is in it.
The file holds what all users printed, and the sessions' hashes: keep it as safe as the folder itself.`,
  options: { "data-dir": DATA_DIR },
};

export const RESTORE: CommandDescription = {
  name: "restore",
  summary: "unpack a backup into an empty data folder",
  operands: "FILE",
  operandCount: [1, 1],
  about: `Unpacks what mlctl backup made into a data folder that is empty or missing; start the collector on it then. Its first start
makes the index, and relays send what they still have. Make an empty folder for the collector's user before, as root:
install -d -m 711 -o marcologger /var/lib/marcologger
Shares, holds, sessions and tokens are those of the backup: what was revoked or ended since is valid again. So are orders of a
fleet: one that was cancelled since, before a node had it, may still start there.`,
  options: { "data-dir": DATA_DIR },
};

interface Counts {
  readonly executions: number;
  readonly files: number;
  readonly bytes: number;
}

/** `startedAtMs`: when the backup was begun. */
type Restored = Counts & { readonly startedAtMs: number | undefined };

/** @param backUp rejects with file system errors. */
export function backupCommand(backUp: (dataDir: string, file: string) => Promise<Counts>): Command {
  return describedCommand(BACKUP, async (options, io) => {
    const { dataDir, file } = placesOf(options, io.cwd);
    const counts = await orRefused(`Cannot back up ${dataDir} to ${file}`, backUp(dataDir, file));
    io.stdout.write(`${textOf(counts)} in ${file}\n`);
    return 0;
  });
}

/** What a restore brings back against the will of its users, if it was ended after the backup. */
function warning(startedAtMs: number | undefined): string {
  const when = startedAtMs === undefined ? "the backup" : asTime(startedAtMs);
  return `mlctl restore: shares, holds, sessions and tokens are those of the backup: what was revoked or ended since
${when} is valid again.
Before others sign in: \`mlctl share\` lists each user's shares and \`mlctl unshare\` takes one back, \`mlctl release\` ends a
hold, and \`mlctl sessions end USER\` ends a user's sessions and tokens.
In a fleet, an order that was cancelled since, before a node had it, is pending again and starts once that node is there, until the
order expires. \`mlctl runs\` lists a user's, and \`mlctl stop RUN\` stops one, for administrators with --owner USER.
`;
}

/** @param restore rejects with file system errors, and where the backup is damaged. */
export function restoreCommand(restore: (file: string, dataDir: string) => Promise<Restored>): Command {
  return describedCommand(RESTORE, async (options, io) => {
    const { dataDir, file } = placesOf(options, io.cwd);
    const restored = await orRefused(`Cannot restore ${file} to ${dataDir}`, restore(file, dataDir));
    io.stdout.write(`${textOf(restored)} in ${dataDir}\n`);
    io.stderr.write(warning(restored.startedAtMs));
    return 0;
  });
}

function placesOf(options: ParsedOptions, cwd: string): { dataDir: string; file: string } {
  const dataDir = resolve(cwd, options.text("data-dir") ?? "/var/lib/marcologger");
  return { dataDir, file: resolve(cwd, options.operands[0] ?? "") };
}

async function orRefused<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new CtlError(`${what}: ${error instanceof Error ? error.message : error}`);
  }
}

function textOf({ executions, files, bytes }: Counts): string {
  return `${executions} executions, ${files} files, ${bytes} bytes`;
}

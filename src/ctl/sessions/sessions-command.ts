import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError } from "../command.ts";

const HELP = `Usage: mlctl sessions end USER [--data-dir DIR]

Ends every session of a user in the viewer, on the collector's own machine, as root or as the collector's user. A
collector that runs closes their WebSockets within a second; one that does not finds no session when it starts.
To keep the user from signing in again, lock the account (usermod --lock): its sessions then end within minutes.

  --data-dir DIR   the collector's data folder (/var/lib/marcologger)
`;

export interface SessionsCommandOptions {
  /** Ends a user's sessions and returns their number. Throws if the folder has no writable sessions. */
  readonly endSessions: (dataDir: string, user: string) => Promise<number>;
}

/** `mlctl sessions end`. */
export function sessionsCommand({ endSessions }: SessionsCommandOptions): Command {
  return {
    summary: "end a user's sessions in the viewer",
    help: HELP,
    async run([action, ...args], io) {
      if (action !== "end") throw new UsageError("expected end");
      const { values, positionals } = parseArgs({
        args: [...args],
        options: { "data-dir": { type: "string", default: "/var/lib/marcologger" } },
        allowPositionals: true,
      });
      const [user, ...others] = positionals;
      if (user === undefined || others.length > 0) throw new UsageError("expected one user");
      const dataDir = resolve(io.cwd, values["data-dir"]);
      let ended: number;
      try {
        ended = await endSessions(dataDir, user);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new CtlError(`Cannot end sessions in ${dataDir}: ${reason}. Run this as root, with the right --data-dir`);
      }
      io.stdout.write(`${ended === 1 ? "1 session" : `${ended} sessions`} of ${JSON.stringify(user)} ended\n`);
    },
  };
}

import { readFileSync } from "node:fs";
import { homedir, hostname, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BACKUP, backupCommand, RESTORE, restoreCommand } from "../ctl/backup/backup-command.ts";
import { checkCommand } from "../ctl/check/check-command.ts";
import type { Command } from "../ctl/command.ts";
import { completionCommand } from "../ctl/completion.ts";
import { dispatch } from "../ctl/dispatch.ts";
import { pkiCommand } from "../ctl/pki/pki-command.ts";
import { relayConfigCommand } from "../ctl/relay/relay-config-command.ts";
import { remoteCommands } from "../ctl/remote-commands.ts";
import { relayReplayCommand } from "../ctl/replay/relay-replay-command.ts";
import { sessionsCommand } from "../ctl/sessions/sessions-command.ts";
import { asRecord, parseJson } from "../wire/record.ts";

/** The installation: this file is dist/src/bin/mlctl-main.js in it. */
const INSTALLATION = new URL("../../../", import.meta.url);

/** Exit code of what SIGPIPE would have ended: 128 + 13. */
const BROKEN_PIPE = 141;

/** A uid without an entry has no name: `mlctl login --user` gives one. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "";
  }
}

function version(): string {
  const text = readFileSync(new URL("package.json", INSTALLATION), "utf8");
  return String(asRecord(parseJson(text))?.["version"]);
}

// A reader such as `head` has what it wanted.
process.stdout.on("error", (error: Error & { code?: string }) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(BROKEN_PIPE);
});

const { HOME, NO_COLOR, XDG_CONFIG_HOME } = process.env;
const home = HOME || homedir();
const settings = {
  configFolder: join(XDG_CONFIG_HOME || join(home, ".config"), "marcologger"),
  siteFile: "/etc/marcologger/mlctl.toml",
  hostname: hostname(),
  userName: userName(),
  nowMs: Date.now,
  sshFolder: join(home, ".ssh"),
  onInterrupt: (act: () => void) => {
    process.on("SIGINT", act);
    return () => process.off("SIGINT", act);
  },
};
const described = [
  ...remoteCommands(settings),
  // As for sessions: only a collector's machine has SQLite.
  {
    description: BACKUP,
    command: backupCommand(async (dataDir, file) =>
      (await import("../store/backup/back-up.ts")).backUp(dataDir, file, Date.now),
    ),
  },
  {
    description: RESTORE,
    command: restoreCommand(async (file, dataDir) =>
      (await import("../store/backup/restore.ts")).restore(file, dataDir),
    ),
  },
];
const local: Readonly<Record<string, Command>> = {
  pki: pkiCommand,
  "relay-config": relayConfigCommand(fileURLToPath(new URL("rsyslog.d", INSTALLATION))),
  "relay-replay": relayReplayCommand,
  check: checkCommand(fileURLToPath(INSTALLATION)),
  // Loaded only when needed: nodes have mlctl, but no SQLite.
  sessions: sessionsCommand({
    endSessions: async (dataDir, user) => (await import("../web/session-file.ts")).endSessions(dataDir, user),
  }),
};
const commands: Readonly<Record<string, Command>> = {
  ...Object.fromEntries(described.map(({ description, command }) => [description.name, command])),
  ...local,
  completion: completionCommand(
    described.map(({ description }) => description),
    Object.keys(local),
  ),
};

process.exitCode = await dispatch({ name: "mlctl", version: version(), commands }, process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  hasColours: NO_COLOR === undefined || NO_COLOR === "",
  cwd: process.cwd(),
});

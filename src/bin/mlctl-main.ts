import { existsSync, readFileSync } from "node:fs";
import { homedir, hostname, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "../ctl/command.ts";
import { dispatch } from "../ctl/dispatch.ts";
import { type LoadRemoteCommand, remoteCommands } from "../ctl/remote-commands.ts";
import { asRecord, parseJson } from "../wire/record.ts";

/** The installation: this becomes dist/src/bin/mlctl-main.mjs in it. */
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

const { HOME, NO_COLOR, XDG_CONFIG_HOME, XDG_STATE_HOME } = process.env;
const home = HOME || homedir();
const settings = {
  configFolder: join(XDG_CONFIG_HOME || join(home, ".config"), "marcologger"),
  siteFile: "/etc/marcologger/mlctl.toml",
  hostname: hostname(),
  userName: userName(),
  nowMs: Date.now,
  sshFolder: join(home, ".ssh"),
  stateFolder: join(XDG_STATE_HOME || join(home, ".local/state"), "marcologger"),
  environment: process.env,
  onInterrupt: (act: () => void) => {
    process.on("SIGINT", act);
    return () => process.off("SIGINT", act);
  },
};
const described: Readonly<Record<string, LoadRemoteCommand>> = {
  ...remoteCommands(settings),
  event: async () => {
    const { EVENT, eventCommand } = await import("../ctl/event/event-command.ts");
    return { description: EVENT, command: eventCommand(settings) };
  },
  // Only a collector's machine has SQLite.
  backup: async () => {
    const { BACKUP, backupCommand } = await import("../ctl/backup/backup-command.ts");
    const command = backupCommand(async (dataDir, file) => {
      return (await import("../store/backup/back-up.ts")).backUp(dataDir, file, Date.now);
    });
    return { description: BACKUP, command };
  },
  restore: async () => {
    const { RESTORE, restoreCommand } = await import("../ctl/backup/backup-command.ts");
    const command = restoreCommand(async (file, dataDir) => {
      return (await import("../store/backup/restore.ts")).restore(file, dataDir);
    });
    return { description: RESTORE, command };
  },
};
const local: Readonly<Record<string, () => Promise<Command>>> = {
  pki: async () => (await import("../ctl/pki/pki-command.ts")).pkiCommand,
  "relay-config": async () => {
    const { relayConfigCommand } = await import("../ctl/relay/relay-config-command.ts");
    return relayConfigCommand(fileURLToPath(new URL("rsyslog.d", INSTALLATION)));
  },
  "relay-replay": async () => (await import("../ctl/replay/relay-replay-command.ts")).relayReplayCommand,
  check: async () => {
    const { checkCommand } = await import("../ctl/check/check-command.ts");
    const { listPeer } = await import("../fleet/peers/peer-list.ts");
    return checkCommand({
      installation: fileURLToPath(INSTALLATION),
      peerFault: async (peer, fleet) => (await listPeer(peer, fleet)).fault,
    });
  },
  sessions: async () => {
    const { sessionsCommand } = await import("../ctl/sessions/sessions-command.ts");
    return sessionsCommand({
      endSessions: async (dataDir, user) => (await import("../web/session-file.ts")).endSessions(dataDir, user),
    });
  },
};
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  ...Object.fromEntries(Object.entries(described).map(([name, load]) => [name, async () => (await load()).command])),
  ...local,
  completion: async () => {
    const { completionCommand } = await import("../ctl/completion.ts");
    const all = await Promise.all(Object.values(described).map((load) => load()));
    return completionCommand(
      all.map(({ description }) => description),
      Object.keys(local),
    );
  },
};

const groups = {
  "Signing in": ["login", "logout", "tokens"],
  Reading: ["ls", "show", "tail", "get", "wait", "open", "nodes"],
  Searching: ["grep", "fold", "diff"],
  "Sharing and keeping": ["share", "unshare", "keep", "release", "rm", "prune", "usage"],
  Fleet: ["run", "put", "deploy", "runs", "continue", "stop", "ask", "services", "call", "event", "bot"],
  Administration: ["pki", "check", "relay-config", "relay-replay", "sessions", "backup", "restore", "completion"],
};

/** As git does: PAGER, else less with what it takes to end at once where all fits. `cat` and nothing mean none. */
function pager() {
  const { PAGER = "less", PATH = "" } = process.env;
  const isThere = PAGER !== "less" || PATH.split(":").some((folder) => existsSync(join(folder, PAGER)));
  if (PAGER === "" || PAGER === "cat" || !isThere) return undefined;
  const holdInterrupts = (): (() => void) => {
    const ignore = (): void => undefined;
    process.on("SIGINT", ignore);
    return () => process.off("SIGINT", ignore);
  };
  return { command: PAGER, env: { LESS: "FRX", ...process.env }, holdInterrupts };
}

process.exitCode = await dispatch({ name: "mlctl", version, commands, groups }, process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  hasColours: NO_COLOR === undefined || NO_COLOR === "",
  pager: pager(),
  cwd: process.cwd(),
});

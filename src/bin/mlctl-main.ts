import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { checkCommand } from "../ctl/check/check-command.ts";
import type { Command } from "../ctl/command.ts";
import { dispatch } from "../ctl/dispatch.ts";
import { pkiCommand } from "../ctl/pki/pki-command.ts";
import { relayConfigCommand } from "../ctl/relay/relay-config-command.ts";
import { relayReplayCommand } from "../ctl/replay/relay-replay-command.ts";
import { sessionsCommand } from "../ctl/sessions/sessions-command.ts";
import { asRecord, parseJson } from "../wire/record.ts";

/** The installation: this file is dist/src/bin/mlctl-main.js in it. */
const INSTALLATION = new URL("../../../", import.meta.url);

function version(): string {
  const text = readFileSync(new URL("package.json", INSTALLATION), "utf8");
  return String(asRecord(parseJson(text))?.["version"]);
}

const commands: Readonly<Record<string, Command>> = {
  pki: pkiCommand,
  "relay-config": relayConfigCommand(fileURLToPath(new URL("rsyslog.d", INSTALLATION))),
  "relay-replay": relayReplayCommand,
  check: checkCommand(fileURLToPath(INSTALLATION)),
  // Loaded only when needed: nodes have mlctl, but no SQLite.
  sessions: sessionsCommand({
    endSessions: async (dataDir, user) => (await import("../web/session-file.ts")).endSessions(dataDir, user),
  }),
};

process.exitCode = await dispatch({ name: "mlctl", version: version(), commands }, process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
});

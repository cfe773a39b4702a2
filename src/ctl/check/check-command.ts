import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DEFAULT_CONFIG_FILE } from "../../host/config.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError, type Io } from "../command.ts";
import { checkTable } from "./check-table.ts";
import { checkCollector } from "./collector-checks.ts";
import type { Finding } from "./finding.ts";
import type { PeerFault } from "./peers-check.ts";
import { checkRelay } from "./relay-checks.ts";
import { pauseIfRestarted, restartsOf } from "./restart-pause.ts";

const HELP = `Usage: mlctl check relay [--relay-config FILE] [--drop-in] [--user USER] [options]
       mlctl check collector [--config FILE] [--user USER] [--node-users FILE] [options]

Tests what a relay or the collector needs on this machine, as the user that it runs as: modules, the gate, files and their
modes, certificates, folders, ports, groups, users. Prints one check a line, and what to do where something is wrong. Asks no
other machine but joined collectors ([peers.NAME]), and those only without --unit. Run it as root; another user tests for
himself. The services do so before each start.

  --relay-config FILE  what \`mlctl relay-config\` wrote (default /etc/marcologger/relay.conf)
  --drop-in            the relay is a part of the site's rsyslogd: FILE is /etc/rsyslog.d/60-marcologger.conf by default,
                       and rsyslogd reads /etc/rsyslog.conf
  --config FILE        the collector's (default ${DEFAULT_CONFIG_FILE})
  --user USER          default marcologger-relay, root with --drop-in, marcologger for the collector
  --node-users FILE    compare the uids in FILE, what \`getent passwd\` printed on a node, with the users of this machine
  --quiet              print only what is wrong
  --unit UNIT          this is the unit's start: its ports must be free, and a failure waits when systemd tries again

Exit codes: 0 nothing failed (there may be warnings), 1 something failed, 2 wrong command line.
`;

const COMMON = {
  user: { type: "string" },
  quiet: { type: "boolean", default: false },
  unit: { type: "string" },
} as const;

interface CheckSettings {
  /** Folder of this installation. */
  readonly installation: string;
  readonly peerFault: PeerFault;
}

interface Asked {
  readonly findings: readonly Finding[];
  readonly quiet: boolean;
  readonly unit: string | undefined;
}

/** `mlctl check`. */
export function checkCommand(settings: CheckSettings): Command {
  return {
    summary: "test whether this machine has everything that a relay or the collector needs",
    help: HELP,
    async run([what, ...args], io) {
      if (what !== "relay" && what !== "collector") throw new UsageError("expected relay or collector");
      const check = what === "relay" ? relay : collector;
      const { findings, quiet, unit } = await check(args, settings, io);
      const shown = quiet ? findings.filter(({ state }) => state !== "ok") : findings;
      io.stdout.write(checkTable(shown));
      const failures = findings.filter(({ state }) => state === "failed").length;
      if (failures === 0) return;
      if (unit !== undefined) await pauseIfRestarted(unit, { restartsOf, pause: (ms) => pause(ms) });
      throw new CtlError(`${failures} of ${findings.length} checks failed: the ${what} would not work`);
    },
  };
}

async function relay(args: readonly string[], { installation }: CheckSettings, io: Io): Promise<Asked> {
  const options = {
    ...COMMON,
    "relay-config": { type: "string" },
    "drop-in": { type: "boolean", default: false },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const isDropIn = values["drop-in"];
  const place = isDropIn ? "/etc/rsyslog.d/60-marcologger.conf" : "/etc/marcologger/relay.conf";
  const config = resolve(io.cwd, values["relay-config"] ?? place);
  const user = values.user ?? (isDropIn ? "root" : "marcologger-relay");
  const rsyslogConfig = isDropIn ? "/etc/rsyslog.conf" : config;
  const findings = await checkRelay({ config, rsyslogConfig, user, installation, nowMs: Date.now() });
  return { findings, quiet: values.quiet, unit: values.unit };
}

async function collector(args: readonly string[], settings: CheckSettings, io: Io): Promise<Asked> {
  const options = { ...COMMON, config: { type: "string" }, "node-users": { type: "string" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const { user = "marcologger", quiet, unit } = values;
  const config = resolve(io.cwd, values.config ?? DEFAULT_CONFIG_FILE);
  const nodeUsers = values["node-users"] === undefined ? undefined : resolve(io.cwd, values["node-users"]);
  const isStopped = unit !== undefined;
  const findings = await checkCollector({ ...settings, config, user, nodeUsers, isStopped, nowMs: Date.now() });
  return { findings, quiet, unit };
}

import { join } from "node:path";
import { parseArgs } from "node:util";
import { UsageError } from "../../wire/usage-error.ts";
import { CtlError } from "../command.ts";
import { parseDiskSpace } from "../relay/disk-space.ts";
import { checkRelayArguments } from "../relay/relay-arguments.ts";
import { argumentsIn, REPLAY_OPTIONS } from "../relay/replay-arguments.ts";
import { checkKeyPair } from "./certificate-check.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";
import { checkFolder } from "./folder-check.ts";
import { checkGate } from "./gate-check.ts";
import { checkInstallation } from "./program-check.ts";
import { checkRsyslogd } from "./rsyslogd-check.ts";
import { becomeServiceUser } from "./service-user.ts";
import { checkLocalUsers } from "./users-check.ts";

/** Queue, journal, and journals of earlier starts: systemd/README.md explains the figure. */
const DISK_SPACES = 3.5;

interface RelayToCheck {
  /** The output of `mlctl relay-config`. */
  readonly config: string;
  /** The file that rsyslogd starts with: the same, or the site's own, which includes it. */
  readonly rsyslogConfig: string;
  readonly user: string;
  readonly installation: string;
  readonly nowMs: number;
}

/** Checks everything that a relay needs on its own machine. From the second check on, this process runs as its user. */
export async function checkRelay(relay: RelayToCheck): Promise<readonly Finding[]> {
  const { config, user, installation, nowMs } = relay;
  const findings = [await becomeServiceUser(user), await checkInstallation(installation)];
  const settings = await settingsIn(config);
  if ("state" in settings) return [...findings, settings];
  findings.push(ok("configuration", `${config}: node ${settings.node}`));
  findings.push(...(await checkRsyslogd(relay.rsyslogConfig)), ...(await checkGate({ config, installation })));
  const { node, pki, stateDir, diskBytes } = settings;
  if (pki === undefined) findings.push(warning("TLS", "none: any user can pose as the collector", "use --pki"));
  else {
    const [cert, key, ca] = [join(pki, `${node}.crt`), join(pki, `${node}.key`), join(pki, "ca.crt")];
    const remedy = `make them with \`mlctl pki issue ${node}\` (or renew) where the authority is, and copy them here`;
    const pair = { what: "certificate", cert, key, ca, remedy, group: user, name: node };
    findings.push(...(await checkKeyPair(pair, nowMs)));
  }
  findings.push(
    await checkFolder({
      what: "state folder",
      path: stateDir,
      freeBytes: diskBytes * DISK_SPACES,
      owner: `${user}:`,
      whereReadOnly: "add ReadWritePaths= for it to the unit, with systemctl edit",
    }),
    await checkLocalUsers(),
  );
  return findings;
}

interface Settings {
  readonly node: string;
  readonly pki: string | undefined;
  readonly stateDir: string;
  readonly diskBytes: number;
}

async function settingsIn(config: string): Promise<Settings | Finding> {
  try {
    const args = [...(await argumentsIn(config))];
    const { values } = parseArgs({ args, options: REPLAY_OPTIONS });
    const { node, pki } = checkRelayArguments(values);
    const diskBytes = parseDiskSpace(values["disk-space"]) ?? 0;
    return { node, pki, stateDir: values["state-dir"], diskBytes };
  } catch (error) {
    if (!(error instanceof CtlError || error instanceof UsageError || error instanceof TypeError)) throw error;
    return failed("configuration", error.message, `mlctl relay-config ... --out ${config} writes it`);
  }
}

import { existsSync, readFileSync } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { type Config, parseCommandLine } from "../../host/config.ts";
import { isMissing } from "../../host/is-missing.ts";
import { checkAcl } from "./acl-check.ts";
import { checkKeyPair } from "./certificate-check.ts";
import { codeOf, type Finding, failed, ok, warning } from "./finding.ts";
import { checkFolder } from "./folder-check.ts";
import { checkNamedNodes } from "./named-nodes-check.ts";
import { checkPeers, type PeerFault } from "./peers-check.ts";
import { checkPort } from "./port-check.ts";
import { checkInstallation, checkProgram, checkUsefulProgram } from "./program-check.ts";
import { becomeServiceUser } from "./service-user.ts";
import { checkSocket } from "./socket-check.ts";
import { checkGroup, checkMaps, checkNodeUsers } from "./users-check.ts";

/** With less, the first busy day may fill the disk. */
const FREE_BYTES = 1_073_741_824;
/** pam(7) searches both. */
const PAM_FOLDERS = ["/etc/pam.d", "/usr/lib/pam.d"];

interface CollectorToCheck {
  readonly config: string;
  readonly user: string;
  readonly installation: string;
  /** A node's passwd file, to compare. */
  readonly nodeUsers: string | undefined;
  /** Whether the collector is not running now, and is about to start. */
  readonly isStopped: boolean;
  readonly peerFault: PeerFault;
  readonly nowMs: number;
}

/**
 * Checks everything that the collector needs on its own machine. From the second check on, this process runs as its
 * user.
 */
export async function checkCollector(collector: CollectorToCheck): Promise<readonly Finding[]> {
  const { config: file, user, installation, nodeUsers } = collector;
  const findings = [await becomeServiceUser(user), await checkInstallation(installation)];
  const programs = [
    ["setfacl", "acl"],
    ["openssl", "openssl"],
    ["getent", "libc-bin"],
  ] as const;
  for (const [name, packageName] of programs) findings.push(await checkProgram(name, packageName));
  findings.push(await checkUsefulProgram("rg", "ripgrep", { without: "lines cannot be searched" }));
  if (nodeUsers !== undefined) findings.push(await checkNodeUsers(nodeUsers));
  const parsed = parseCommandLine(["--config", file], (path) => readFileSync(path, "utf8"));
  if (parsed.kind === "problems") {
    const isThere = existsSync(file);
    const next = isThere ? `correct ${file}` : "write it as systemd/README.md says, or name another with --config";
    // What an absent file lacks is no news.
    const problems = isThere ? parsed.problems : parsed.problems.slice(0, 1);
    return [...findings, ...problems.map((problem) => failed("configuration", problem, next))];
  }
  if (parsed.kind !== "config") return findings;
  findings.push(ok("configuration", file));
  return [...findings, ...(await checkConfig(parsed.config, collector))];
}

async function checkConfig(config: Config, collector: CollectorToCheck): Promise<readonly Finding[]> {
  const { user } = collector;
  const data = await checkFolder({
    what: "data-dir",
    path: config.dataDir,
    freeBytes: FREE_BYTES,
    owner: `${user}:`,
    whereReadOnly: `systemctl edit mlcollector, and write there: [Service] and ReadWritePaths=${config.dataDir}`,
  });
  return [
    data,
    ...(data.state === "failed" || data.found.endsWith("made at the start") ? [] : [await checkAcl(config.dataDir)]),
    ...(await checkCertificates(config, collector)),
    ...(await checkPorts(config, collector.isStopped)),
    ...(config.adminGroup === undefined ? [] : [await checkGroup("admin-group", config.adminGroup)]),
    ...(config.webSocketGroup === undefined ? [] : [await checkGroup("web-socket-group", config.webSocketGroup)]),
    await checkPam(config.pamService),
    ...(await checkMaps(config.nodes)),
    ...(config.pki === undefined ? [] : await checkNamedNodes(config.nodes.keys(), config.pki)),
    // Its start waits for no other machine.
    ...(await checkPeers(config, { user, peerFault: collector.isStopped ? undefined : collector.peerFault })),
  ];
}

async function checkCertificates(config: Config, { user, nowMs }: CollectorToCheck): Promise<readonly Finding[]> {
  const { pki, webTls } = config;
  const findings: Finding[] = [];
  if (pki !== undefined) {
    const [cert, key, ca] = [join(pki, "collector.crt"), join(pki, "collector.key"), join(pki, "ca.crt")];
    const remedy = `\`mlctl pki renew collector --dir ${pki}\` makes a new one (\`mlctl pki init\` the first)`;
    findings.push(...(await checkKeyPair({ what: "pki", cert, key, ca, remedy, group: user }, nowMs)));
    findings.push(await checkRevoked(join(pki, "ca.crl")));
  }
  if (webTls !== undefined) {
    const remedy = "put a certificate of your authority and its key there, for this host's name";
    const pair = { what: "web-cert", ...webTls, ca: undefined, remedy, group: user };
    findings.push(...(await checkKeyPair(pair, nowMs)));
  }
  return findings;
}

async function checkRevoked(path: string): Promise<Finding> {
  const what = "ca.crl";
  try {
    createSecureContext({ crl: await readFile(path, "utf8") });
    return ok(what, path);
  } catch (error) {
    const next = "copy it again from where the authority is";
    if (isMissing(error)) return warning(what, `${path} is not there: nobody is revoked`, next);
    return failed(what, `${path} is not a list of revoked certificates, or cannot be read: ${codeOf(error)}`, next);
  }
}

async function checkPorts(config: Config, mustBeFree: boolean): Promise<readonly Finding[]> {
  const { relp, web, udpSyslog, tcpSyslog } = config;
  const findings = [
    await checkPort({ what: "relp", address: relp, mustBeFree }),
    "path" in web ? await checkSocket("web", web.path) : await checkPort({ what: "web", address: web, mustBeFree }),
  ];
  if (tcpSyslog !== undefined) findings.push(await checkPort({ what: "tcp-syslog", address: tcpSyslog, mustBeFree }));
  if (udpSyslog === undefined) return findings;
  return [...findings, await checkPort({ what: "udp-syslog", address: udpSyslog, isUdp: true, mustBeFree })];
}

async function checkPam(service: string): Promise<Finding> {
  for (const folder of PAM_FOLDERS) {
    const isThere = await access(join(folder, service)).then(
      () => true,
      () => false,
    );
    if (isThere) return ok("pam-service", join(folder, service));
  }
  const found = `there is no ${join(PAM_FOLDERS[0] ?? "", service)}: logins would be checked by /etc/pam.d/other`;
  return failed("pam-service", found, "correct its spelling, or make that file");
}

import { type Address, countField, type Endpoint, FIELDS, isLoopback, MAX_PORT } from "./config-fields.ts";
import { readFlags } from "./config-flags.ts";
import { DEFAULT_LIMITS, highestLimit, isLimitName, type Limits, lowestLimit } from "./config-limits.ts";
import { type NodeUsers, takeNodes } from "./config-nodes.ts";
import { type PeerConfig, takePeers } from "./config-peers.ts";
import { type RetentionConfig, takeRetention } from "./config-retention.ts";
import { Settings } from "./config-settings.ts";
import { type ReadFile, readToml } from "./read-toml.ts";

export const DEFAULT_CONFIG_FILE = "/etc/marcologger/collector.toml";

/** Configuration of the process that checks passwords. */
export interface AuthConfig {
  readonly pamService: string;
  /** The socket of an authentication service; undefined: a child process of the collector. */
  readonly authSocket: string | undefined;
  /** The key with which that process signs orders of the web; undefined: it signs none. */
  readonly webSignerKey: string | undefined;
  /** Print a one-time login code for the user who started the collector. */
  readonly loginCode: boolean;
}

/** Where `/metrics` is served. It names nodes, so the browsers' port serves it only with a token. */
export interface MetricsConfig {
  /** A separate listener. */
  readonly listen: Endpoint | undefined;
  /** File with the token that `Authorization: Bearer` must carry, on both ports. */
  readonly tokenFile: string | undefined;
}

/** The collector's configuration. Undefined means off. */
export interface Config extends AuthConfig {
  readonly dataDir: string;
  readonly relp: Address;
  /** Folder with ca.crt, ca.crl, collector.crt and collector.key. */
  readonly pki: string | undefined;
  /** Plain RELP on loopback, without proof of a relay's identity. */
  readonly insecure: boolean;
  /** A unix socket is for a proxy. */
  readonly web: Endpoint;
  /** Members of this group may connect to the unix socket, besides the collector's own user. */
  readonly webSocketGroup: string | undefined;
  readonly webTls: { readonly cert: string; readonly key: string } | undefined;
  /** Where browsers find the viewer behind a proxy. */
  readonly behindProxy: string | undefined;
  /** Addresses and networks from which the proxies connect. */
  readonly proxies: readonly string[];
  /** Names that browsers may use for this collector, besides those of loopback, the machine and the certificate. */
  readonly webNames: readonly string[];
  /** Seconds for which browsers must use https only (RFC 6797); 0: no such header. */
  readonly hstsSeconds: number;
  readonly metrics: MetricsConfig;
  /** Days after its end at which an execution's log is packed; 0: never. */
  readonly sealAfterDays: number;
  /** Where agents of the fleet reach its broker; undefined: no fleet. */
  readonly fleet: Address | undefined;
  /** Whether the broker is a child, or a unit of systemd with a user of its own. */
  readonly fleetBroker: "child" | "unit";
  /** Where agents fetch files. */
  readonly fleetFiles: Address | undefined;
  /** Collectors of other fleets that this one asks for what no node here offers. */
  readonly peers: ReadonlyMap<string, PeerConfig>;
  readonly udpSyslog: Address | undefined;
  readonly tcpSyslog: Address | undefined;
  readonly sync: "batch" | "always";
  /** Members of this unix group see all executions. */
  readonly adminGroup: string | undefined;
  readonly nodes: ReadonlyMap<string, NodeUsers>;
  readonly limits: Limits;
  readonly retention: RetentionConfig;
}

type CommandLine =
  | { readonly kind: "config"; readonly command: "run" | "reindex"; readonly config: Config }
  | { readonly kind: "auth"; readonly auth: AuthConfig }
  | { readonly kind: "help" | "version" }
  /** One sentence each: where, expected, found. */
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** Two years, as browsers' preload lists ask for. */
const MAX_HSTS_SECONDS = 63_072_000;

const MAX_SEAL_AFTER_DAYS = 3_650;

/** Reads the collector's configuration from its arguments (after the program's name) and its file. */
export function parseCommandLine(argv: readonly string[], readFile: ReadFile): CommandLine {
  const { flags, words, problems } = readFlags(argv);
  if (flags.has("help")) return { kind: "help" };
  if (flags.has("version")) return { kind: "version" };

  const named = flags.get("config");
  flags.delete("config");
  const fileName = typeof named === "string" ? named : DEFAULT_CONFIG_FILE;
  const { file, problem } = readToml(fileName, { required: named !== undefined, readFile });
  const settings = new Settings(flags, file, fileName);
  const [word, ...others] = words;
  for (const other of others) problems.push(`${other}: expected one command at most`);
  if (problem !== undefined) problems.push(problem);
  if (word === "auth") {
    const auth = takeAuth(settings);
    // Other settings concern only the collector: mistakes there must not stop logins.
    problems.push(...settings.wrong());
    return problems.length > 0 ? { kind: "problems", problems } : { kind: "auth", auth };
  }
  const config = takeConfig(settings, readFile);
  if (word === undefined) checkExposure(config, settings);
  problems.push(...settings.wrong(), ...settings.unknown());
  if (word !== undefined && word !== "reindex") problems.push(`${word}: unknown command`);
  if (problems.length > 0) return { kind: "problems", problems };
  return { kind: "config", command: word === undefined ? "run" : "reindex", config };
}

function takeAuth(settings: Settings): AuthConfig {
  return {
    pamService: settings.take("pam-service", FIELDS.pamService, "login"),
    authSocket: settings.take("auth-socket", FIELDS.path, undefined),
    webSignerKey: settings.take("web-signer-key", FIELDS.path, undefined),
    loginCode: settings.take("login-code", FIELDS.flag, false),
  };
}

function takeConfig(settings: Settings, readFile: ReadFile): Config {
  const cert = settings.take("web-cert", FIELDS.path, undefined);
  const key = settings.take("web-key", FIELDS.path, undefined);
  if ((cert === undefined) !== (key === undefined)) settings.complain("web-cert, web-key: expected both or neither");
  const fleet = settings.take("fleet", FIELDS.address, undefined);
  return {
    dataDir: settings.take("data-dir", FIELDS.path, "/var/lib/marcologger"),
    relp: settings.take("relp", FIELDS.address, { host: "127.0.0.1", port: 2514 }),
    pki: settings.take("pki", FIELDS.path, undefined),
    insecure: settings.take("insecure", FIELDS.flag, false),
    web: settings.take("web", FIELDS.endpoint, { host: "127.0.0.1", port: 8514 }),
    webSocketGroup: settings.take("web-socket-group", FIELDS.unixName, undefined),
    webTls: cert === undefined || key === undefined ? undefined : { cert, key },
    behindProxy: settings.take("behind-proxy", FIELDS.siteUrl, undefined),
    proxies: settings.take("proxies", FIELDS.networks, []),
    webNames: settings.take("web-names", FIELDS.hostNames, []),
    hstsSeconds: settings.take("hsts-seconds", countField(0, MAX_HSTS_SECONDS), 0),
    metrics: {
      listen: settings.take("metrics", FIELDS.endpoint, undefined),
      tokenFile: settings.take("metrics-token-file", FIELDS.path, undefined),
    },
    sealAfterDays: settings.take("seal-after-days", countField(0, MAX_SEAL_AFTER_DAYS), 7),
    fleetBroker: settings.take("fleet-broker", FIELDS.fleetBroker, "child"),
    fleet,
    fleetFiles: settings.take("fleet-files", FIELDS.address, portAfter(fleet)),
    peers: takePeers(settings),
    udpSyslog: settings.take("udp-syslog", FIELDS.ipv4Address, undefined),
    tcpSyslog: settings.take("tcp-syslog", FIELDS.address, undefined),
    sync: settings.take("sync", FIELDS.sync, "batch"),
    ...takeAuth(settings),
    adminGroup: settings.take("admin-group", FIELDS.unixName, undefined),
    nodes: takeNodes(settings, readFile),
    limits: takeLimits(settings),
    retention: takeRetention(settings),
  };
}

/**
 * The next port of the same address, as agents assume it; any free port after port 0. Undefined: there is no next port.
 */
function portAfter(address: Address | undefined): Address | undefined {
  if (address === undefined || address.port === 0) return address;
  return address.port === MAX_PORT ? undefined : { ...address, port: address.port + 1 };
}

/** Refuses what must not happen by accident: anyone posing as a relay, or passwords unencrypted on a network. */
function checkExposure(config: Config, settings: Settings): void {
  const { relp, pki, insecure, metrics } = config;
  if (insecure && pki !== undefined) settings.complain("insecure, pki: expected one of them");
  if (insecure && !isLoopback(relp.host)) {
    settings.complain(`insecure: expected relp on loopback, got ${relp.host}, where anybody could pose as any node`);
  }
  if (!insecure && pki === undefined) {
    settings.complain("pki: expected the folder that mlctl pki init made (or insecure, for a trial on loopback)");
  }
  if (config.fleet !== undefined && pki === undefined) {
    settings.complain("fleet: expected pki, the folder with the fleet's certificates (mlctl pki fleet)");
  }
  if (config.fleet !== undefined && config.fleetFiles === undefined) {
    settings.complain("fleet: expected a port below 65535, or fleet-files: files have the next port");
  }
  if (config.fleet === undefined && config.peers.size > 0) {
    settings.complain("peers: expected fleet: a collector without one takes no calls to pass on");
  }
  if (config.fleet?.port === 0 && config.fleetBroker === "unit") {
    settings.complain("fleet: expected a port of its own for fleet-broker = unit, got 0");
  }
  if ("path" in config.web) checkWebSocket(config, settings);
  else checkWebPort(config, config.web.host, settings);
  const { listen, tokenFile } = metrics;
  if (listen !== undefined && "host" in listen && !isLoopback(listen.host) && tokenFile === undefined) {
    settings.complain(`metrics: expected metrics-token-file beyond loopback (${listen.host}): the figures name nodes`);
  }
}

/** A process that may connect to the socket can claim any client address: only a proxy may. */
function checkWebSocket({ webTls, behindProxy, proxies }: Config, settings: Settings): void {
  if (behindProxy === undefined) settings.complain("web: expected behind-proxy, the address that browsers see");
  if (webTls !== undefined) settings.complain("web-cert: expected none with a unix socket: the proxy has it");
  if (proxies.length > 0) settings.complain("proxies: expected none with a unix socket: web-socket-group may connect");
}

function checkWebPort(
  { webTls, webSocketGroup, behindProxy, proxies }: Config,
  host: string,
  settings: Settings,
): void {
  if (!isLoopback(host) && webTls === undefined && behindProxy === undefined) {
    settings.complain(`web: expected web-cert and web-key, or behind-proxy, beyond loopback (${host})`);
  }
  if (behindProxy !== undefined && proxies.length === 0) {
    settings.complain(
      'behind-proxy: expected proxies, the addresses that they connect from, like proxies = ["127.0.0.1"]',
    );
  }
  if (behindProxy === undefined && proxies.length > 0) {
    settings.complain("proxies: expected behind-proxy, the address that browsers see");
  }
  if (webSocketGroup !== undefined) {
    settings.complain('web-socket-group: expected a socket for it, like web = "unix:/run/mlcollector/web.sock"');
  }
}

function takeLimits(settings: Settings): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const { name, value, where } of settings.table("limits")) {
    const limit = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!/^[a-z-]+$/.test(name) || !isLimitName(limit)) settings.complain(`${where}: unknown key`);
    else
      limits[limit] =
        settings.check(where, value, countField(lowestLimit(limit), highestLimit(limit))) ?? limits[limit];
  }
  return limits;
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { NODE_NAME_RULE } from "../../wire/node-name.ts";
import { CtlError } from "../command.ts";
import { parseHost, parseNodeName } from "../host-name.ts";
import { parseDiskSpace } from "./disk-space.ts";

interface RelaySettings {
  readonly form: "dedicated" | "drop-in";
  readonly collector: { readonly host: string; readonly port: number };
  /** Absolute paths. Folder of the gate's socket. */
  readonly runDir: string;
  /** Folder of the relay's own sockets. */
  readonly relayDir: string;
  /** Group that may connect to those, besides the relay's own user: the gate's, by name or number. */
  readonly gateGroup: string;
  readonly stateDir: string;
  /** Folder with ca.crt, NODE.crt and NODE.key. Without it frames are sent unencrypted. */
  readonly pki: string | undefined;
  /** Name of this node, as in its certificate. */
  readonly node: string;
  /** Disk space for the queue, like `1g`; the journal may take as much again. */
  readonly diskSpace: string;
  readonly journal: boolean;
}

/** A unix socket's path may have 107 octets (unix(7)), including `mlrun.sock`, `begin.sock` or `lines.sock`. */
const MAX_SOCKET_DIR_BYTES = 107 - "/begin.sock".length;
/** Group names as useradd(8) and systemd accept them. */
const GROUP = /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/;
const GROUP_NUMBER = /^\d{1,10}$/;
/** Paths that need no quoting in RainerScript, in a template or for the command that rotates the log. */
const PLAIN_PATH = /^(\/[A-Za-z0-9._@+,:=~-]+)+$/;

/** Room for a few of the queue's files, 16 MiB each. */
const MIN_DISK_BYTES = 64 * 1_048_576;
/** Parts that the journal keeps besides the current one. */
const JOURNAL_PARTS = 4;

/** The differences between the two forms. */
const FORMS = {
  dedicated: { RETRY_SECONDS: "1", ESCAPED: "" },
  "drop-in": {
    // Every failed attempt is a line in the site's own log.
    RETRY_SECONDS: "10",
    // The site may have turned off escaping on receipt.
    ESCAPED: ":::escape-cc",
  },
} as const;

/**
 * The whole configuration of a relay: the files of rsyslog.d with these settings in their placeholders.
 *
 * Every value is checked against a grammar that cannot end a quoted text, so none can add configuration.
 *
 * @param folder rsyslog.d of this installation.
 */
export async function relayConfig(settings: RelaySettings, folder: string): Promise<string> {
  const { form, pki, node, diskSpace, journal } = settings;
  const { host, port } = settings.collector;
  const diskBytes = parseDiskSpace(diskSpace);
  if (diskBytes === undefined || diskBytes < MIN_DISK_BYTES) {
    throw new CtlError(`Cannot use ${JSON.stringify(diskSpace)} as disk-space: it is like 512m or 1g, at least 64m`);
  }
  const certificates = pki === undefined ? "" : checkedPath("pki", pki);
  const values: Readonly<Record<string, string>> = {
    COLLECTOR_HOST: parseHost(host) ?? cannotUse(host, "collector's host", "it is not a host name or address"),
    COLLECTOR_PORT: String(port),
    NODE: parseNodeName(node) ?? cannotUse(node, "node", NODE_NAME_RULE),
    RUN_DIR: checkedSocketDir("run-dir", settings.runDir),
    RELAY_DIR: checkedSocketDir("relay-dir", settings.relayDir),
    GATE_GROUP: groupParameter(settings.gateGroup),
    STATE_DIR: checkedPath("state-dir", settings.stateDir),
    CA_CERT: join(certificates, "ca.crt"),
    NODE_CERT: join(certificates, `${node}.crt`),
    NODE_KEY: join(certificates, `${node}.key`),
    DISK_SPACE: diskSpace,
    JOURNAL_PART_BYTES: String(Math.ceil(diskBytes / JOURNAL_PARTS)),
    REPLAY_ARGUMENTS: replayArguments(settings).join(" "),
    JOURNAL: journal ? "call marcologger-journal" : "# --no-journal",
    ...FORMS[form],
  };
  const head = await readFile(join(folder, `10-${form}.conf`), "utf8");
  const journalRules = journal ? `${await readFile(join(folder, "15-journal.conf"), "utf8")}\n` : "";
  const relay = await readFile(join(folder, "20-relay.conf"), "utf8");
  const text = `${head}\n${journalRules}${pki === undefined ? withoutTls(relay) : relay}`;
  return text.replace(/@([A-Z_]+)@/g, (placeholder, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`Cannot fill in ${placeholder}: no such setting`);
    return value;
  });
}

/** Nothing in them needs quoting: every value was checked. */
function replayArguments({ collector: { host, port }, node, pki, stateDir, diskSpace }: RelaySettings): string[] {
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const trust = pki === undefined ? ["--insecure"] : ["--pki", pki];
  return ["--collector", address, "--node", node, ...trust, "--state-dir", stateDir, "--disk-space", diskSpace];
}

/** In 20-relay.conf the TLS parameters are on lines of their own. */
function withoutTls(relay: string): string {
  const insecure = "    # --insecure: frames are sent unencrypted, and neither side proves its identity.";
  let isFirst = true;
  const lines = relay.split("\n").flatMap((line) => {
    if (!/^\s*tls[.=]/.test(line)) return [line];
    const kept = isFirst ? [insecure] : [];
    isFirst = false;
    return kept;
  });
  return lines.join("\n");
}

function cannotUse(value: string, what: string, because: string): never {
  throw new CtlError(`Cannot use ${JSON.stringify(value)} as ${what}: ${because}`);
}

function checkedPath(what: string, path: string): string {
  if (PLAIN_PATH.test(path)) return path;
  throw new CtlError(
    `Cannot use ${JSON.stringify(path)} as ${what}: in the relay's configuration a path is absolute and has only ` +
      "letters, digits and ._@+,:=~- in it",
  );
}

function checkedSocketDir(what: string, path: string): string {
  if (path.length <= MAX_SOCKET_DIR_BYTES) return checkedPath(what, path);
  throw new CtlError(
    `Cannot use ${path} as ${what}: it has ${path.length} characters, limit is ${MAX_SOCKET_DIR_BYTES}`,
  );
}

function groupParameter(group: string): string {
  if (GROUP_NUMBER.test(group)) return `fileGroupNum="${group}"`;
  return `fileGroup="${GROUP.test(group) ? group : cannotUse(group, "gate-group", "it is not a group")}"`;
}

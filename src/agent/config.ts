import { parse } from "smol-toml";
import { parseDuration } from "../text/time/duration.ts";
import { FLEET_LIMITS } from "../wire/fleet/limits.ts";
import { EVENTS_FOLDER } from "../wire/fleet/node-note.ts";
import { nodeNamed } from "../wire/node-name.ts";
import { asCount, asRecord } from "../wire/record.ts";
import { isUnixName } from "../wire/unix-name.ts";
import { parseSharedFolders, type SharedFolders } from "./folders/shared-folders.ts";

/** agent.toml: one file for both halves. */
export interface AgentConfig {
  /** The name of the certificate `NODE.crt` in `pki`. */
  readonly node: string;
  /** HOST:PORT of the collector's broker. */
  readonly broker: string;
  /** Folder with ca.crt, NODE.crt and NODE.key. */
  readonly pki: string;
  /** Socket of mlagent-root, the half that starts commands. */
  readonly socket: string;
  readonly stateDir: string;
  /** HOST:PORT where the collector serves users' files; undefined: the broker's host, on the next port. */
  readonly files: string | undefined;
  /** Cache of fetched files. */
  readonly cacheDir: string;
  /** Users' keys in ssh-keygen's allowed_signers format; the web signer's key. */
  readonly trust: string;
  readonly webTrust: string;
  /** Folder of mlrun.sock. */
  readonly runDir: string;
  /** User that read-only programs run as; their folder. */
  readonly providerUser: string;
  readonly providers: string;
  /** Folder of services. */
  readonly services: string;
  /** Folder of programs that print labels, and the one that lists GPUs. */
  readonly factsDir: string;
  readonly gpuProgram: string;
  readonly policy: Policy;
  /** Where users leave events (`mlctl event`). */
  readonly eventsDir: string;
  /** `KEY=VALUE`, to choose nodes by. */
  readonly labels: readonly string[];
}

/** Permissions that the node's administrator sets. They bind every signed order. */
export interface Policy {
  readonly minUid: number;
  /** Users, or `@GROUP`, who may send orders from the web. */
  readonly webUsers: readonly string[];
  readonly webMaxLifeMs: number;
  /** Users, or `@GROUP`, who may call services, within each service's own rule; `*`: all whose orders the node takes. */
  readonly callUsers: readonly string[];
  /** Users, or `@GROUP`, who may cancel everybody's runs. */
  readonly admins: readonly string[];
  /** Folders that orders name as `@NAME`. */
  readonly folders: SharedFolders;
}

type Check = (value: unknown) => unknown;

const isPath = (value: unknown): value is string => typeof value === "string" && value.startsWith("/");
const isAddress = (value: unknown): value is string =>
  typeof value === "string" && /^[A-Za-z0-9.:[\]-]+:\d{1,5}$/.test(value);
const path: Check = (value) => (isPath(value) ? value : undefined);
const names: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === "string" && isUnixName(one.replace(/^@/, "")))
    ? value
    : undefined;
const labels: Check = (value) =>
  Array.isArray(value) &&
  value.length <= 64 &&
  value.every((one) => typeof one === "string" && /^[^=\0]+=[^\0]{0,200}$/.test(one))
    ? value
    : undefined;

/** Each key with its check, a description of valid values, and the default; undefined: the key is required. */
const KEYS: Readonly<Record<string, readonly [Check, string, unknown]>> = {
  node: [
    (value) => (typeof value === "string" ? nodeNamed(value) : undefined),
    "the name of the node's certificate",
    undefined,
  ],
  broker: [(value) => (isAddress(value) ? value : undefined), "HOST:PORT of the collector's broker", undefined],
  pki: [path, "a path from /", "/etc/marcologger/pki"],
  socket: [path, "a path from /", "/run/marcologger-agent/root.sock"],
  "state-dir": [path, "a path from /", "/var/lib/marcologger-agent"],
  files: [
    (value) => (value === "" || isAddress(value) ? value : undefined),
    "HOST:PORT where the collector has users' files",
    "",
  ],
  "cache-dir": [path, "a path from /", "/var/cache/marcologger-agent"],
  trust: [path, "a path from /", "/etc/marcologger/fleet-keys"],
  "web-trust": [path, "a path from /", "/etc/marcologger/fleet-web-key"],
  "run-dir": [path, "a path from /", "/run/marcologger"],
  "provider-user": [
    (value) => (typeof value === "string" && isUnixName(value) && value !== "root" ? value : undefined),
    "a user other than root",
    "nobody",
  ],
  providers: [path, "a path from /", "/etc/marcologger/providers.d"],
  "events-dir": [path, "a path from /", EVENTS_FOLDER],
  services: [path, "a path from /", "/etc/marcologger/services.d"],
  facts: [path, "a path from /", "/etc/marcologger/facts.d"],
  "nvidia-smi": [path, "a path from /", "/usr/bin/nvidia-smi"],
  "min-uid": [(value) => asCount(value, 0), "a uid", 1_000],
  "web-users": [names, 'users or "@GROUP"', []],
  "web-max-life": [
    (value) => (typeof value === "string" ? parseDuration(value) : undefined),
    'a duration like "1h"',
    "1h",
  ],
  "call-users": [
    (value) => (Array.isArray(value) && value.length === 1 && value[0] === "*" ? value : names(value)),
    'users or "@GROUP", or ["*"] for everybody',
    ["*"],
  ],
  admins: [names, 'users or "@GROUP"', []],
  labels: [labels, 'a list of "KEY=VALUE"', []],
  folders: [
    parseSharedFolders,
    "tables [folders.NAME] with path (from /, without .. and a slash at its end), as (a user other than root) and groups",
    {},
  ],
};

/** Parses agent.toml, or names everything that is wrong with it. */
export function parseAgentConfig(text: string): AgentConfig | { readonly problems: readonly string[] } {
  let file: Readonly<Record<string, unknown>>;
  try {
    file = asRecord(parse(text)) ?? {};
  } catch (error) {
    return { problems: [error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)] };
  }
  const problems = Object.keys(file)
    .filter((key) => !Object.hasOwn(KEYS, key))
    .map((key) => `${key}: there is no such key`);
  const found: Record<string, unknown> = {};
  for (const [key, [check, expected, usual]] of Object.entries(KEYS)) {
    found[key] = check(file[key] ?? usual);
    if (found[key] === undefined) problems.push(`${key}: expected ${expected}`);
  }
  if (problems.length > 0) return { problems };
  const webMaxLifeMs = Math.min(Number(found["web-max-life"]), FLEET_LIMITS.maxLifeMs);
  return {
    node: found["node"],
    broker: found["broker"],
    pki: found["pki"],
    socket: found["socket"],
    stateDir: found["state-dir"],
    files: found["files"] === "" ? undefined : found["files"],
    cacheDir: found["cache-dir"],
    trust: found["trust"],
    webTrust: found["web-trust"],
    runDir: found["run-dir"],
    providerUser: found["provider-user"],
    providers: found["providers"],
    services: found["services"],
    factsDir: found["facts"],
    gpuProgram: found["nvidia-smi"],
    policy: {
      minUid: found["min-uid"],
      webUsers: found["web-users"],
      webMaxLifeMs,
      callUsers: found["call-users"],
      admins: found["admins"],
      folders: found["folders"],
    },
    eventsDir: found["events-dir"],
    labels: found["labels"],
  } as AgentConfig;
}

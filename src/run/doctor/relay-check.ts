import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Finding, ok, unknown, wrong } from "./finding.ts";
import type { RelayProcesses } from "./relay-processes.ts";

const WHAT = "configuration";
/** rsyslogd's default. A frame with its envelope fits into it; longer messages are cut silently. */
const LEAST_MESSAGE_BYTES = 8_192;
const INCLUDE = /^\s*(?:\$IncludeConfig\s+(\S+)|include\(\s*file="([^"]+)"[^)]*\))/gim;
const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1_024, m: 1_048_576 };

interface Configuration {
  readonly path: string;
  readonly text: string;
}

/** Checks the configuration of the rsyslogd behind the gate for settings that spoil frames silently. */
export function checkRelayConfiguration({ configurations, lines, begin }: RelayProcesses): readonly Finding[] {
  const found = configurations.map(readWhole);
  const unreadable = found.filter((files) => typeof files === "string");
  const own = found
    .filter((files) => typeof files !== "string")
    .find((files) => files.some(({ text }) => text.includes(lines)));
  if (own === undefined) {
    const why =
      unreadable.length > 0
        ? `cannot read ${unreadable.join(", ")}`
        : "no rsyslogd is seen that has the gate's sockets";
    return [unknown(WHAT, `${why}: run this as root, where the relay runs`)];
  }
  const faults = [...messageSizes(own), ...rateLimits(own, [lines, begin])];
  const reduced = own.find(({ text }) => /^\s*\$RepeatedMsgReduction\s+on/im.test(text));
  const note = reduced === undefined ? "" : `; repeated-message reduction is on, and finds no two equal frames`;
  const [main] = own;
  return faults.length > 0
    ? faults
    : [ok(WHAT, `${main?.path}: message size and rate limits leave frames whole${note}`)];
}

/** A configuration and all that it includes, without comments; or the path of a file that cannot be read. */
function readWhole(path: string): readonly Configuration[] | string {
  try {
    const text = withoutComments(readFileSync(path, "utf8"));
    const patterns = [...text.matchAll(INCLUDE)].map(([, old, now]) => old ?? now ?? "");
    const included = patterns.flatMap((pattern) => expand(pattern));
    return [
      { path, text },
      ...included.map((name) => ({ path: name, text: withoutComments(readFileSync(name, "utf8")) })),
    ];
  } catch (error) {
    return error instanceof Error && "path" in error ? String(error.path) : path;
  }
}

/** Files that `folder/*.conf` matches, or one file. */
function expand(pattern: string): string[] {
  if (!basename(pattern).startsWith("*")) return [pattern];
  const folder = dirname(pattern);
  const end = basename(pattern).slice(1);
  const names = readdirSync(folder).filter((name) => name.endsWith(end) && !name.startsWith("."));
  return names.sort().map((name) => join(folder, name));
}

function withoutComments(text: string): string {
  return text.replace(/^\s*#.*$/gm, "");
}

/** Checks the last message size, which is the one that counts. */
function messageSizes(files: readonly Configuration[]): Finding[] {
  const pattern = /(?:\$MaxMessageSize\s+|maxMessageSize=")(\d+)([km]?)/gi;
  const sizes = files.flatMap(({ path, text }) => {
    return [...text.matchAll(pattern)].map(([, digits, unit = ""]) => {
      return { path, bytes: Number(digits) * (UNITS[unit.toLowerCase()] ?? 1) };
    });
  });
  const last = sizes.at(-1);
  if (last === undefined || last.bytes >= LEAST_MESSAGE_BYTES) return [];
  const found = `${last.path} sets maxMessageSize to ${last.bytes} bytes: rsyslogd cuts frames, which the collector discards`;
  return [wrong(WHAT, found, `set it to at least ${LEAST_MESSAGE_BYTES / 1_024}k there, and restart rsyslogd`)];
}

function rateLimits(files: readonly Configuration[], sockets: readonly string[]): Finding[] {
  return files.flatMap(({ path, text }) => {
    const inputs = [...text.matchAll(/input\(([^)]*)\)/gi)].map(([, parameters = ""]) => parameters);
    const limited = inputs.filter((input) => sockets.some((socket) => input.includes(`"${socket}"`))).filter(isLimited);
    if (limited.length === 0) return [];
    const found = `${path} limits the rate of the gate's sockets: rsyslogd discards what exceeds it`;
    return [wrong(WHAT, found, "remove rateLimit.interval and rateLimit.burst there: the gate limits each user")];
  });
}

function isLimited(input: string): boolean {
  const [, seconds = "0"] = /rateLimit\.interval="?(\d+)/i.exec(input) ?? [];
  return Number(seconds) > 0;
}

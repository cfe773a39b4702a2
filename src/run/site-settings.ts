import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { RUN_LIMITS } from "./limits.ts";

/** An administrator's settings for all mlruns of a node, /etc/marcologger/mlrun.toml. */
export interface SiteSettings {
  readonly oneLineFrames: boolean;
  /** Global regular expressions: matches in arguments are masked. */
  readonly maskArgv: readonly RegExp[];
  /** The viewer's address, for links in notifications. */
  readonly viewer?: string;
  /** File with the secret that signs notifications. */
  readonly notifySecretFile?: string;
}

const DEFAULTS: SiteSettings = { oneLineFrames: false, maskArgv: [] };
const ONE_LINE_FRAMES = "one-line-frames";
const MASK_ARGV = "mask-argv";
const VIEWER = "viewer";
const NOTIFY_SECRET_FILE = "notify-secret-file";
const STRING = String.raw`"(?:[^"\\]|\\["\\])*"|'[^']*'`;
const LINE = new RegExp(
  String.raw`^\s*(?:([\w-]+)\s*=\s*(true|false|${STRING}|\[\s*(?:(?:${STRING})\s*(?:,\s*(?:${STRING})\s*)*,?)?\s*\])\s*)?(?:#.*)?$`,
  "s",
);
const KEYS =
  `the keys are ${ONE_LINE_FRAMES}, true or false, ${MASK_ARGV}, regular expressions in [...] on one line, ` +
  `${VIEWER}, "https://...", and ${NOTIFY_SECRET_FILE}, "/..." or "~/..."`;

/**
 * Reads the settings; a missing file means the defaults. Loading a TOML parser would take too long for mlrun, so only
 * `key = true`, `key = false`, `key = "..."` and `key = ["...", '...']` on one line are accepted. A mistake gets a warning
 * and never keeps the command from running.
 */
export function readSiteSettings(path: string, warn: (message: string) => void): SiteSettings {
  const text = readText(path);
  if (text !== undefined) return parseSiteSettings(text, path, warn);
  warn(`${path} is ignored: it is longer than ${RUN_LIMITS.siteFileBytes} bytes`);
  return DEFAULTS;
}

/**
 * The file's text. Empty if it is missing or unreadable, and for a pipe or device, which is never read. Undefined: it
 * is too long.
 */
function readText(path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const bytes = Buffer.alloc(RUN_LIMITS.siteFileBytes + 1);
    const count = fstatSync(fd).isFile() ? readSync(fd, bytes) : 0;
    return count > RUN_LIMITS.siteFileBytes ? undefined : bytes.toString("utf8", 0, count);
  } catch {
    return "";
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

export function parseSiteSettings(text: string, path: string, warn: (message: string) => void): SiteSettings {
  let settings = DEFAULTS;
  for (const [index, line] of text.split("\n").entries()) {
    const match = LINE.exec(line);
    const [, key, value = ""] = match ?? [];
    const ignore = (why: string) => warn(`${path}, line ${index + 1} is ignored: ${why}`);
    const isList = value.startsWith("[");
    const isText = value.startsWith('"') || value.startsWith("'");
    const text = isText ? unquoted(value) : "";
    if (key === VIEWER && /^https?:\/\//.test(text)) settings = { ...settings, viewer: text };
    else if (key === NOTIFY_SECRET_FILE && /^~?\//.test(text)) settings = { ...settings, notifySecretFile: text };
    else if (key === ONE_LINE_FRAMES && !isList && !isText) settings = { ...settings, oneLineFrames: value === "true" };
    else if (key === MASK_ARGV && isList) settings = { ...settings, maskArgv: parsePatterns(value, ignore) };
    else if (match === null || key !== undefined) ignore(KEYS);
  }
  return settings;
}

function parsePatterns(list: string, ignore: (why: string) => void): readonly RegExp[] {
  const patterns: RegExp[] = [];
  for (const [quoted] of list.matchAll(new RegExp(STRING, "g"))) {
    const pattern = unquoted(quoted);
    try {
      patterns.push(new RegExp(pattern, "gu"));
    } catch (error) {
      ignore(error instanceof Error ? error.message : String(error));
    }
  }
  return patterns;
}

function unquoted(quoted: string): string {
  const inner = quoted.slice(1, -1);
  return quoted.startsWith('"') ? inner.replace(/\\(["\\])/g, "$1") : inner;
}

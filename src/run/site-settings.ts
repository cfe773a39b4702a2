import { readFileSync } from "node:fs";

/** What an administrator decided for all of a node's mlruns, /etc/marcologger/mlrun.toml. */
export interface SiteSettings {
  readonly oneLineFrames: boolean;
}

const DEFAULTS: SiteSettings = { oneLineFrames: false };
const LINE = /^\s*(?:([\w-]+)\s*=\s*(true|false)\s*)?(?:#.*)?$/;
const ONE_LINE_FRAMES = "one-line-frames";

/**
 * Reads the settings. A TOML parser would take longer to load than mlrun has, and all keys are switches: only
 * `key = true` and `key = false` are understood. A mistake is told and never keeps the command from running.
 */
export function readSiteSettings(path: string, warn: (message: string) => void): SiteSettings {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return DEFAULTS;
  }
  return parseSiteSettings(text, path, warn);
}

export function parseSiteSettings(text: string, path: string, warn: (message: string) => void): SiteSettings {
  let settings = DEFAULTS;
  for (const [index, line] of text.split("\n").entries()) {
    const match = LINE.exec(line);
    const [, key, value] = match ?? [];
    if (key === ONE_LINE_FRAMES) settings = { ...settings, oneLineFrames: value === "true" };
    else if (match === null || key !== undefined) {
      warn(`${path}, line ${index + 1} is ignored: the only key is ${ONE_LINE_FRAMES}, true or false`);
    }
  }
  return settings;
}

import { account as t } from "../texts/en/account.ts";

const HEADLESS = "HeadlessChrome";
/** The first match counts: most browsers also name others that they imitate. */
const BROWSERS = [
  ["Edg", "Edge"],
  ["OPR", "Opera"],
  ["Firefox", "Firefox"],
  [HEADLESS, HEADLESS],
  ["Chrome", "Chrome"],
  ["Safari", "Safari"],
] as const;
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["Linux", "Linux"],
] as const;

/** "Firefox on Linux", from a browser's user agent. */
export function browserName(agent: string): string {
  const named = BROWSERS.find(([word]) => agent.includes(`${word}/`))?.[1];
  const browser = named === HEADLESS ? t.noWindow : named;
  const system = SYSTEMS.find(([word]) => agent.includes(word))?.[1];
  if (browser === undefined) return agent === "" ? t.unknownBrowser : agent.slice(0, 60);
  return system === undefined ? browser : t.browserOn(browser, system);
}

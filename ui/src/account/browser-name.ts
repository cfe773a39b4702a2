/** The first that fits: most browsers also name those that they want to be taken for. */
const BROWSERS = [
  ["Edg", "Edge"],
  ["OPR", "Opera"],
  ["Firefox", "Firefox"],
  ["HeadlessChrome", "Chrome without a window"],
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

/** "Firefox on Linux", from what a browser says of itself. */
export function browserName(agent: string): string {
  const browser = BROWSERS.find(([word]) => agent.includes(`${word}/`))?.[1];
  const system = SYSTEMS.find(([word]) => agent.includes(word))?.[1];
  if (browser === undefined) return agent === "" ? "An unknown browser" : agent.slice(0, 60);
  return system === undefined ? browser : `${browser} on ${system}`;
}

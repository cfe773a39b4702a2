import { formatCount } from "../../format.ts";
import { counted } from "../counted.ts";
import { translated } from "../language.ts";

export const find = translated("find", {
  previous: "Previous match",
  next: "Next match",
  download: "Download",
  bareText: "Lines as printed",
  timedText: "With time and node",
  clear: "Clear",
  clearFilter: "Clear filter",
  remove: (text: string) => `Remove ${text}`,
  noTime: (text: string) => `${text} is no time. Try -10m, 14:05, or "Nov 28 18:00"`,
  about: (rank: string) => `about ${rank}`,
  rankOf: (rank: string, all: string) => `${rank} of ${all}`,
  soFar: " so far",
  capped: "; only the first ones found are shown: narrow it",
  linesOf: (shown: string, all: string) => `${shown} of ${all} lines`,
  hidden: (count: number) => `${formatCount(count)} hidden`,
  searched: (percent: number) => `${percent} % searched`,
  cancelled: "cancelled",
  cancelledAt: (part: string) => `cancelled at ${part}`,
  waits: (ahead: number) => `waits for ${counted(ahead, "other search", "other searches")}`,
  searching: "searching",
  noMatch: "No match",
  matches: (count: number) => counted(count, "match", "matches"),
  fromTop: "From the top",
  fromEnd: "From the end",
  ended: "The search ended before everything was read",
  cut: "The search ended early: the connection was cut",
  stopped: {
    time: "Not everything was read: the search took too long. Narrow it",
    failed: "Not everything was read: the search failed",
    refused: "Not everything was read: the search was refused",
  },
  because: (stopped: string, message: string) => `${stopped}: ${message}`,
  unreadable: (count: number) => `${counted(count, "execution", "executions")} could not be read`,
});

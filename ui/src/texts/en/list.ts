import { formatCount } from "../../format.ts";
import { counted } from "../counted.ts";
import { translated } from "../language.ts";

export const list = translated("list", {
  title: "Executions",
  failed: "The list could not be loaded",
  loadingMore: "Loading earlier executions…",
  nothing: "Nothing has been run yet",
  nothingWhy: "Put mlrun before a command, on any node. It shows up here while it runs.",
  example: "mlrun -- your-command",
  noMatch: "No execution matches",
  clear: "Clear the filters",
  filter: "Filter executions",
  filterBy: "Command, job, node, label…",
  state: "State",
  anyState: "all",
  order: "Order",
  sorts: { newest: "newest first", problems: "problems first", longest: "longest first" },
  help: [
    ["j k ↓ ↑", "next, previous row"],
    ["Enter", "open it"],
    ["Space", "show or hide its executions"],
    ["/", "filter"],
    ["?", "this help"],
  ] as readonly (readonly [string, string])[],
  size: (lines: string, bytes: string) => `${lines} lines, ${bytes} bytes`,
  linesUnit: " lines",
  runningFor: "Running for",
  silent: (time: string) => `silent ${time}`,
  silentTitle: "No execution of this run has printed for so long",
  silentCount: (count: number) => `${formatCount(count)} silent`,
  silentCountTitle: "Running, and much quieter than the others",
  lastLineOfFirst: (place: string) => `Last line of what failed first: ${place}`,
  lastLineOf: (place: string) => `Last line of ${place}`,
  rate: "Lines a second",
  aSecond: (count: string) => `${count}/s`,
  job: (name: string) => `Job ${name}`,
  show: (name: string) => `Show executions of ${name}`,
  hide: (name: string) => `Hide executions of ${name}`,
  listed: (shown: string, all: string) => `${shown} of ${all} executions are listed`,
  more: (count: string) => `Show ${count} more`,
  mismatches: (count: number) =>
    count === 1 ? "A uid means another user on a node" : `${counted(count, "uid", "uids")} mean another user on a node`,
  mismatchesWhy:
    "Lines go to the user who has the uid on the collector. Make the uids equal, or say whose they are in collector.toml:",
  mismatch: (uid: number, there: string, node: string, here: string) =>
    `uid ${uid} is ${there} on ${node}, and ${here} here`,
});

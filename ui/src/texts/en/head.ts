import { formatCount } from "../../format.ts";
import { translated } from "../language.ts";

/** The headers of the pages of an execution and of a job. */
export const head = translated("head", {
  actions: "Actions",
  actionsTitle: "Notifications, download, keep, share, delete",
  bytes: (bytes: string) => `${bytes} bytes`,
  raw: "raw",
  runBy: (user: string, node: string) => `run by ${user} on ${node}`,
  runByTitle: (user: string, node: string, owner: string) =>
    `The uid of ${user} on ${node} is that of ${owner} on the collector, so ${owner} sees this execution. ` +
    "Ask an administrator to make the uids equal, or to map this node's users.",
  mayBuffer: "may be buffering: try --pty",
  mayBufferTitle:
    "It computes but has printed nothing for a minute. Many programs gather their output when they write into a pipe: " +
    "mlrun --pty gives them a terminal, stdbuf -oL makes some write line by line.",
  dropped: (size: string) => `${size} dropped`,
  droppedTitle: "mlrun had to drop these bytes: its spool was full",
  thinned: (size: string) => `${size} of redraws thinned`,
  thinnedTitle: "States of progress bars that were redrawn faster than one can see (mlrun --raw keeps them)",
  newestShown: (count: number) => `, the ${formatCount(count)} newest shown`,
  nested: "lines of inner executions once",
  nestedTitle:
    "An mlrun inside another prints into its pipe, so its lines are in both. Here they stand once, as the inner one's; " +
    "the page of the enclosing execution has all of its own.",
  clockBehind: (node: string, seconds: string) => `${node}'s clock is ${seconds} s behind`,
  clockAhead: (node: string, seconds: string) => `${node}'s clock is ${seconds} s ahead`,
  clocksDiffer: (count: number) => `${count} nodes' clocks differ`,
  corrected: ": corrected",
  notCorrected: ": not corrected",
  hideDetails: "Hide details",
  showDetails: "Show details",
  belongs: "Where this belongs",
  run: "Run",
  runStates: { running: ", running", failed: ", failed", lost: ", lost" },
  allRuns: (count: string) => `all ${count} runs`,
});

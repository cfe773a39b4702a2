import { REFUSALS, type Refusal } from "../../../../src/wire/fleet/refusal.ts";
import { translated } from "../language.ts";

type Reason =
  | Refusal
  | "answer"
  | "claim-damaged"
  | "cwd"
  | "exit-damaged"
  | "files"
  | "journal-replaced"
  | "journal-restored"
  | "restarted"
  | "slow"
  | "start"
  | "supervisor-lost";

const reasons: Readonly<Record<Reason, string>> = {
  cwd: "the folder is missing there, or closed to you",
  start: "mlrun cannot be started there",
  files: "a file cannot be put in its place",
  slow: "the service took too long, and was ended",
  answer: "the service's answer cannot be kept",
  restarted: "the node restarted while it ran",
  "supervisor-lost": "what watches over it on the node was killed",
  "exit-damaged": "the node's record of its end is damaged",
  "claim-damaged": "the node's record of its start is damaged",
  "journal-restored": "the node's journal was restored from a copy: it may have run before",
  "journal-replaced": "the node's journal was made anew: what became of it is not known there",
  ...REFUSALS,
};

export const run = translated("run", {
  title: "Run on nodes",
  nodes: "Nodes",
  command: "Command",
  forSh: "for sh",
  job: "Job",
  usualJob: "the command's name",
  folder: "Folder",
  usualFolder: "your home or @NAME",
  batch: "At a time",
  batchTitle: "The next nodes when all before have ended; it pauses when one has failed",
  allAtOnce: "all",
  dryRun: "Dry run",
  runOn: (count: number) => `Run on ${count}`,
  noTicket: "This tab has not signed in, so nobody can sign its orders: sign out and in again, or use mlctl run",
  files: "Files",
  dropped: "dropped here go into the folder, before the command begins",
  leaveOut: (name: string) => `Leave out ${name}`,
  overwrite: "Overwrite",
  tooLarge: (name: string) => `${name} is larger than a browser can hash: use mlctl run --put`,
  unreadable: (name: string) => `${name} cannot be read: pick it again, or use mlctl run --put`,
  absent: "absent",
  twoAgents: "two agents answer to this name",
  oldAgent: "agent of an older version",
  load: (load: string) => `load ${load}`,
  cpus: (count: number) => `${count} CPUs`,
  free: (gib: string) => `${gib} GiB free`,
  wouldThey: "Would the nodes?",
  answers: {
    would: "would start it",
    waiting: "would wait",
    refused: "would refuse it",
    failed: "would fail",
    absent: "absent",
    silent: "does not answer",
  },
  runOf: (job: string) => `Run of ${job}`,
  output: "Its output",
  goOn: "Continue",
  stop: "Stop",
  again: (count: number) => `Again on the ${count} that failed`,
  variablesGone: (run: string) =>
    `It had set variables, whose values nobody keeps: mlctl run --again ${run} takes them from your environment`,
  withoutExecution: "Nodes without an execution",
  states: {
    pending: "waits for the node",
    held: "waits for the nodes before it",
    sent: "sent",
    unconfirmed: "sent, no answer yet",
    accepted: "accepted",
    waiting: "the node waits",
    started: "running",
    finished: "finished",
    failed: "failed",
    unknown: "unknown",
    refused: "refused",
    cancelled: "never started",
    expired: "expired, never started",
  },
  paused: "held: a node before it has failed",
  exitCode: (code: number) => `, exit code ${code}`,
  stoppedBy: (user: string) => `, stopped by ${user}`,
  reasons,
  inPlace: (paths: string) => `in place: ${paths}`,
  /** By the nodes' words: those of strerror(3), except the first. */
  added: {
    "none of its files is in place": "none of its files is in place",
    "Permission denied": "permission denied",
    "No such file or directory": "no such file or directory",
    "Not a directory": "not a directory",
    "Is a directory": "is a directory",
    "File exists": "it exists already",
    "File name too long": "the name is too long",
    "No space left on device": "no space left on the disk",
    "Disk quota exceeded": "the disk quota is used up",
    "Read-only file system": "the file system is read-only",
    "Input/output error": "input/output error of the disk",
    "Too many levels of symbolic links": "too many links",
    "Operation not permitted": "not permitted",
  },
});

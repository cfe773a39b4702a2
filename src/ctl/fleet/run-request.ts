import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { isOrderedFiles, type OrderedFile } from "../../wire/fleet/order.ts";
import { isProgramName } from "../../wire/fleet/service-name.ts";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import { CtlError } from "../command.ts";

/** A command for nodes, as a person asks for it: on the command line, in a file, or as an earlier run did. */
export interface RunRequest {
  /** Names, ranges and globs. */
  readonly nodes: readonly string[];
  /** Of these, or of all, the nodes whose facts fit all of them. */
  readonly where: readonly string[];
  readonly argv: readonly string[];
  /** Empty: the command's name. */
  readonly job: string;
  /** Empty: the home. */
  readonly cwd: string;
  /** `NAME=VALUE`, or NAME alone: with the value that it has here. */
  readonly env: readonly string[];
  /** 0: no limit. */
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly killAfterSeconds: number;
  /** The name by which it is offered, behind the user's, while it runs; empty: none. */
  readonly publish: string;
  /** That the collector has. */
  readonly files: readonly OrderedFile[];
  /** Nodes at a time; 0: all at once. */
  readonly batch: number;
  readonly pausesOnFailure: boolean;
}

const KEYS = [
  "nodes",
  "where",
  "argv",
  "job",
  "cwd",
  "env",
  "seconds",
  "memoryBytes",
  "killAfterSeconds",
  "publish",
  "files",
  "batch",
  "pausesOnFailure",
];

/** Requests from lines of JSON, as `mlctl runs --export` prints them. Throws a CtlError that names the line. */
export function parseRequests(text: string): readonly RunRequest[] {
  return text.split("\n").flatMap((line, at) => {
    if (line.trim() === "") return [];
    const request = parseRequest(line);
    if (typeof request === "string") throw new CtlError(`Line ${at + 1}: ${request}`);
    return [request];
  });
}

function parseRequest(line: string): RunRequest | string {
  const record = asRecord(parseJson(line));
  if (record === undefined) return "expected an object of JSON";
  const other = Object.keys(record).find((key) => !KEYS.includes(key));
  if (other !== undefined) return `there is no ${other}: the keys are ${KEYS.join(", ")}`;
  const { nodes = [], where = [], argv, job = "", cwd = "", env = [] } = record;
  const names = typeof nodes === "string" ? [nodes] : nodes;
  if (!isWords(names) || !isWords(where)) return `nodes, where: expected "node[1-4]", or a list of such words`;
  if (names.length === 0 && where.length === 0) return "there are neither nodes nor where";
  const { files = [], publish = "" } = record;
  if (!isOrderedFiles(files)) return "files: expected files as `mlctl runs --export` prints them";
  if (!isWords(argv) || (argv.length === 0 && files.length === 0))
    return "argv: expected the command and its arguments as a list of words";
  if (typeof job !== "string" || typeof cwd !== "string") return "job, cwd: expected words";
  if (typeof publish !== "string" || (publish !== "" && !isProgramName(publish)))
    return "publish: expected a service's name";
  if (!isWords(env)) return "env: expected a list of NAME=VALUE or NAME";
  const [seconds, memoryBytes] = [asCount(record["seconds"] ?? 0), asCount(record["memoryBytes"] ?? 0)];
  const killAfterSeconds = asCount(record["killAfterSeconds"] ?? FLEET_LIMITS.usualKillAfterSeconds, 1);
  if (seconds === undefined || memoryBytes === undefined || killAfterSeconds === undefined)
    return "seconds, memoryBytes, killAfterSeconds: expected whole numbers";
  const batch = asCount(record["batch"] ?? 0);
  const { pausesOnFailure = false } = record;
  if (batch === undefined || batch > FLEET_LIMITS.maxNodes || typeof pausesOnFailure !== "boolean")
    return "batch, pausesOnFailure: expected nodes at a time, 0 for all at once, and true or false";
  const limits = { seconds, memoryBytes, killAfterSeconds };
  return { nodes: names, where, argv, job, cwd, env, ...limits, publish, files, batch, pausesOnFailure };
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

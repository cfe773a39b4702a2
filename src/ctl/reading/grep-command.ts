import { safeText } from "../../host/safe-text.ts";
import { LEVELS } from "../../text/level/level-of.ts";
import { parseNodeRange } from "../../text/nodes/node-range.ts";
import { EXECUTION_STATES } from "../../wire/api.ts";
import { parseJson } from "../../wire/record.ts";
import { parseSearchEvent, type SearchEvent } from "../../wire/search-event.ts";
import { SEARCH_REQUEST_LIMITS, type SearchScope } from "../../wire/search-request.ts";
import { asTime } from "../../wire/time.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { Command, Io } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";
import { type Collector, linesOf } from "../remote/collector.ts";
import { lookUp, mayBeId, refuseEmpty } from "../remote/executions.ts";
import { timePast } from "../remote/moments.ts";
import { Output } from "../remote/output.ts";
import { note, type RemoteSettings, signedIn } from "../remote/session.ts";
import { type FollowedSearch, HitFollower } from "./followed-hits.ts";
import { FoundLines } from "./found-lines.ts";

const { maxContextLines, maxHits: maxHitsOfAll } = SEARCH_REQUEST_LIMITS;
const EXIT = { found: 0, none: 1, failed: 2 } as const;

export const GREP: CommandDescription = {
  name: "grep",
  summary: "search the lines of executions",
  operands: "PATTERN [ID|JOB]",
  operandCount: [1, 2],
  takesText: true,
  about: `Searches one execution, a job, or everything that you may see, newest first, on the collector. PATTERN is a regular
expression (https://docs.rs/regex/latest/regex/#syntax). Pieces of a line count as one line. ID is an id, or the beginning
of one that fits no other; - is the newest execution. A hit in one execution is printed as N:TEXT, N the number of
the line; of several as NODE:ID#N:TEXT. Of a line longer than 4 KiB, on a terminal than
a row, only the part around the first match is printed.`,
  options: {
    "ignore-case": { short: "i", help: "without regard to case" },
    "invert-match": { short: "v", help: "lines that do not match" },
    "word-regexp": { short: "w", help: "only whole words" },
    "extended-regexp": { short: "E", help: "PATTERN is a regular expression, as it is anyway" },
    "fixed-strings": { short: "F", help: "PATTERN is text" },
    and: { value: "TEXT", help: "only lines that have this text as well; may be repeated", isRepeatable: true },
    not: { value: "TEXT", help: "only lines that do not have this text; may be repeated", isRepeatable: true },
    level: { value: "LEVEL", help: `only lines of this level or a worse one: ${LEVELS.join(", ")}`, choices: LEVELS },
    "after-context": { short: "A", value: "N", help: `N lines after each hit, at most ${maxContextLines}` },
    "before-context": { short: "B", value: "N", help: `N lines before each hit, at most ${maxContextLines}` },
    context: { short: "C", value: "N", help: "both" },
    count: { short: "c", help: "only the number of hits in each execution that has any" },
    list: { short: "l", help: "only the executions that have any" },
    follow: { short: "f", help: "go on with new lines of ID or JOB until they have ended" },
    quiet: { short: "q", help: "print nothing: the exit code says whether something was found" },
    "line-number": { short: "n", help: "the number of each line, as anyway" },
    "max-count": { short: "m", value: "N", help: "stop after N printed results" },
    job: { value: "JOB", help: "the job of this name, if it could be an id" },
    run: { value: "RUN", help: "only this run of the job" },
    node: { value: "NODES", help: "only on these: gpu1, gpu[01-16,20]" },
    label: { value: "KEY=VALUE", help: "only with this label; may be repeated", isRepeatable: true },
    state: { value: "STATE", help: `only in this state: ${EXECUTION_STATES.join(", ")}`, choices: EXECUTION_STATES },
    stream: { value: "STREAM", help: "only stdout or stderr", choices: ["stdout", "stderr"] },
    since: { value: "TIME", help: "only lines printed since then: 2h, 14:05, yesterday 18:00, 2026-11-28" },
    until: { value: "TIME", help: "only lines printed until then" },
    raw: { help: "text as printed, with the control characters in it" },
    json: { help: "the events of the API, one JSON object a line" },
  },
  exitCodes: "Exit codes: 0 something was found, 1 nothing, 2 it failed or was not read to its end.",
};

/** `mlctl grep`. */
export function grepCommand(settings: RemoteSettings): Command {
  const command = describedCommand(GREP, async (options, io) => {
    const collector = signedIn(settings);
    const [pattern = "", target] = options.operands;
    const what = await scopeOf(collector, options, target);
    const request = { ...requestOf(options, settings.nowMs()), pattern };
    const output = new Output(io);
    const found = new FoundLines(output, { isOne: "x" in what, isRaw: options.has("raw") });
    const isQuiet = options.has("quiet");
    const print = async (event: SearchEvent, line: string): Promise<void> => {
      if (options.has("json") && !isQuiet) await output.line(safeText(line));
      else if (!isQuiet) await found.print(event);
    };
    const follower = await followerOf(options, { collector, what, request, print });
    const answer = await collector.send({ method: "POST", path: "/search", body: { ...request, what } });
    const progress = new Progress(io);
    let end: Extract<SearchEvent, { t: "end" }> | undefined;
    for await (const line of linesOf(answer)) {
      const event = parseSearchEvent(parseJson(line));
      if (event?.t === "end") end = event;
      if (event?.t === "hit") follower?.know(event);
      if (event?.t === "progress" && !options.has("json")) progress.show(event);
      else if (event !== undefined) {
        progress.clear();
        await print(event, line);
      } else if (options.has("json") && !isQuiet) await output.line(safeText(line));
    }
    progress.clear();
    const code = exitCodeOf(end, { io, isLimited: isQuiet || options.text("max-count") !== undefined });
    if (follower === undefined || code === EXIT.failed || end?.why !== undefined) return code;
    return (await follower.untilEnded(end?.hits ?? 0)) > 0 ? EXIT.found : EXIT.none;
  });
  return { ...command, failureCode: EXIT.failed };
}

/** What goes on behind the search; undefined without `--follow`. */
async function followerOf(
  options: ParsedOptions,
  { what, ...search }: Omit<FollowedSearch, "maxHits" | "what"> & { readonly what: SearchScope },
): Promise<HitFollower | undefined> {
  if (!options.has("follow")) return undefined;
  const others = ["after-context", "before-context", "context", "count", "list", "state"];
  const other = others.find((name) => options.has(name) || options.text(name) !== undefined);
  if (other !== undefined) throw new UsageError(`expected --follow or --${other}, not both`);
  if ("all" in what) throw new UsageError("--follow: expected ID or JOB");
  const maxHits = maxHitsOf(options);
  return HitFollower.begin({ ...search, what, maxHits });
}

async function scopeOf(collector: Collector, options: ParsedOptions, target: string | undefined): Promise<SearchScope> {
  const [job, run] = [options.text("job"), options.text("run")];
  if (job !== undefined && target !== undefined) throw new UsageError("expected --job or an operand, not both");
  const name = job ?? target;
  refuseEmpty(name);
  if (name === undefined) {
    if (run !== undefined) throw new UsageError("--run: name its --job as well");
    return { all: true };
  }
  if (job === undefined && mayBeId(name)) {
    const execution = await lookUp(collector, name);
    if (execution !== undefined) return { x: execution.x, node: execution.node, owner: execution.owner };
  }
  return { job: name, run };
}

function requestOf(options: ParsedOptions, nowMs: number): Record<string, unknown> {
  const context = { least: 0, most: maxContextLines, fallback: 0 };
  const both = options.count("context", context);
  const nodes = options.text("node");
  const range = nodes === undefined ? { nodes: [] } : parseNodeRange(nodes);
  if ("problem" in range) throw new UsageError(`--node: ${range.problem}`);
  const labels = options.texts("label").map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--label: expected KEY=VALUE, got ${JSON.stringify(text)}`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return {
    regex: !options.has("fixed-strings"),
    case: options.has("ignore-case") ? "ignore" : "match",
    word: options.has("word-regexp"),
    invert: options.has("invert-match"),
    also: [
      ...options.texts("and").map((text) => ({ text, isNot: false })),
      ...options.texts("not").map((text) => ({ text, isNot: true })),
    ],
    level: options.text("level"),
    before: options.count("before-context", { ...context, fallback: both }),
    after: options.count("after-context", { ...context, fallback: both }),
    show: options.has("list") ? "executions" : options.has("count") ? "counts" : "lines",
    limit: maxHitsOf(options),
    nodes: range.nodes,
    labels: Object.fromEntries(labels),
    state: options.text("state"),
    stream: options.text("stream"),
    since: timeOf(options, "since", nowMs),
    until: timeOf(options, "until", nowMs),
  };
}

function maxHitsOf(options: ParsedOptions): number {
  const count = options.count("max-count", { least: 1, most: maxHitsOfAll, fallback: maxHitsOfAll });
  return options.has("quiet") ? 1 : count;
}

function timeOf(options: ParsedOptions, name: "since" | "until", nowMs: number): string | undefined {
  const text = options.text(name);
  if (text === undefined) return undefined;
  return asTime(timePast(name, text, nowMs));
}

function exitCodeOf(
  end: Extract<SearchEvent, { t: "end" }> | undefined,
  { io, isLimited }: { io: Io; isLimited: boolean },
): number {
  if (end === undefined) {
    note(io, "the search ended early: the connection was cut");
    return EXIT.failed;
  }
  const { hits, why, message, longLines, unreadable } = end;
  if (longLines > 0) note(io, `of ${longLines} lines only the first MiB was searched`);
  if (unreadable > 0) note(io, `${unreadable} executions could not be read`);
  if (why === "time") note(io, "the search ended before everything was read: its time was over. Narrow it");
  if (why === "failed" || why === "refused") note(io, `the search ended before everything was read: ${message ?? why}`);
  if (why === "limit" && !isLimited) note(io, `these are the first ${hits} hits: narrow the search for others`);
  if (unreadable > 0 || (why !== undefined && why !== "limit")) return EXIT.failed;
  return hits > 0 ? EXIT.found : EXIT.none;
}

/** How far a search is, on a terminal that shows nothing else. */
class Progress {
  readonly #io: Io;
  readonly #isShown: boolean;
  #isThere = false;

  constructor(io: Io) {
    this.#io = io;
    this.#isShown = io.stderr.isTTY === true && io.stdout.isTTY !== true;
  }

  show({ executions, bytes, hits }: Extract<SearchEvent, { t: "progress" }>): void {
    if (!this.#isShown) return;
    const read = `${executions} executions, ${Math.round(bytes / 1_000_000)} MB read, ${hits} hits`;
    this.#io.stderr.write(`\r${read}\u001b[K`);
    this.#isThere = true;
  }

  clear(): void {
    if (this.#isThere) this.#io.stderr.write("\r\u001b[K");
    this.#isThere = false;
  }
}

import { formatDuration } from "../../text/time/duration.ts";
import { EXECUTION_STATES, type Execution } from "../../wire/api.ts";
import { WIRE_LIMITS } from "../../wire/limits.ts";
import { rankOf } from "../../wire/rank-of.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";
import { keyOf, listExecutions } from "../remote/executions.ts";
import { localTime, timePast } from "../remote/moments.ts";
import { Output } from "../remote/output.ts";
import { note, type RemoteSettings, signedIn } from "../remote/session.ts";
import { type Column, printTable } from "../remote/table.ts";
import { watchList } from "./watched-list.ts";

const DEFAULT_ROWS = 50;
const MAX_ROWS = 100_000;

export const LS: CommandDescription = {
  name: "ls",
  summary: "list executions",
  operands: "",
  operandCount: [0, 0],
  about: `Lists executions, newest first: a table on a terminal; otherwise, for programs, these fields separated by tabs:
id, state, node, job, start (UTC), seconds, lines, command.`,
  isPaged: (options) => !options.has("watch"),
  options: {
    job: { value: "JOB", help: "only of this job" },
    run: { value: "RUN", help: "only this run of the job" },
    node: { value: "NODE", help: "only on this node" },
    state: { value: "STATE", help: `only in this state: ${EXECUTION_STATES.join(", ")}`, choices: EXECUTION_STATES },
    label: { short: "l", value: "KEY=VALUE", help: "only with this label; may be repeated", isRepeatable: true },
    since: { value: "TIME", help: "only begun since then: 2h, 14:05, yesterday 18:00, 2026-11-28" },
    problems: { help: "failed and lost ones first" },
    limit: { short: "n", value: "N", help: `at most so many (${DEFAULT_ROWS})` },
    watch: { short: "w", help: "go on: a table that changes; without a terminal a row for each change" },
    json: { help: "one JSON object a line, as the API has them" },
  },
};

/** `mlctl ls`. */
export function lsCommand(settings: RemoteSettings): Command {
  return describedCommand(LS, async (options, io) => {
    const collector = signedIn(settings);
    const limit = options.count("limit", { least: 1, most: MAX_ROWS, fallback: DEFAULT_ROWS });
    const isWanted = filterOf(options, settings.nowMs());
    const [job, run] = [options.text("job"), options.text("run")];
    if (run !== undefined && job === undefined) throw new UsageError("--run: name its --job as well");
    // The collector finds texts, also that of a label, in an index: what else has it is left out here.
    const q = options.texts("label")[0]?.slice(0, WIRE_LIMITS.maxSearchCharacters);
    const query = { job, run, node: options.text("node"), state: options.text("state"), q };
    const rows: Execution[] = [];
    // Several lists have it, or it has failed since the first was read.
    const listed = new Set<string>();
    let isMore = false;
    // Problems may be older than all that a list has room for.
    const first = options.has("problems") && query.state === undefined ? PROBLEMS : [];
    for (const state of [...first, query.state]) {
      for await (const execution of listExecutions(collector, { ...query, state })) {
        const { isTooOld, isHere } = isWanted(execution);
        if (isTooOld) break;
        const key = keyOf(execution);
        if (!isHere || listed.has(key)) continue;
        isMore = rows.length === limit;
        if (isMore) break;
        listed.add(key);
        rows.push(execution);
      }
      if (isMore) break;
    }
    const inOrder = (all: readonly Execution[]): readonly Execution[] =>
      options.has("problems") ? all.toSorted((a, b) => urgencyOf(a) - urgencyOf(b)) : all;
    const print = async (to: Output, all: readonly Execution[]): Promise<void> => {
      if (options.has("json")) for (const execution of all) await to.json(execution);
      else
        await printTable(to, {
          rows: all,
          columns: to.isTerminal ? personsColumns(all, settings.nowMs()) : columnsOf(settings.nowMs()),
          none: "no execution to list: none fits, or nothing has run yet",
        });
    };
    const output = new Output(io);
    if (options.has("watch")) {
      await watchList(collector, {
        io,
        what: job === undefined ? { all: true } : { job, ...(run === undefined ? {} : { run }) },
        begun: inOrder(rows),
        isWanted: (execution) => isWanted(execution).isHere && fits(execution, query),
        choose: (all) => inOrder(all.toSorted(newestFirst)).slice(0, limit),
        print,
      });
      return 0;
    }
    await print(output, inOrder(rows));
    if (isMore && output.isTerminal)
      note(io, `these are the ${first.length > 0 ? "first" : "newest"} ${limit}; --limit shows more`);
    return 0;
  });
}

function fits({ node, state }: Execution, query: { node: string | undefined; state: string | undefined }): boolean {
  return (query.node ?? node) === node && (query.state ?? state) === state;
}

function newestFirst(a: Execution, b: Execution): number {
  return a.startedAt === b.startedAt ? (a.x < b.x ? 1 : -1) : a.startedAt < b.startedAt ? 1 : -1;
}

function filterOf(options: ParsedOptions, nowMs: number): (of: Execution) => { isTooOld: boolean; isHere: boolean } {
  const since = options.text("since");
  const sinceMs = since === undefined ? undefined : timePast("since", since, nowMs);
  const labels = options.texts("label").map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`--label: expected KEY=VALUE, got ${JSON.stringify(text)}`);
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  return (execution) => ({
    // They come in the order of their starts.
    isTooOld: sinceMs !== undefined && Date.parse(execution.startedAt) < sinceMs,
    isHere: labels.every(([key, value]) => Object.hasOwn(execution.labels, key) && execution.labels[key] === value),
  });
}

/** The first states of `--problems`. */
const PROBLEMS: readonly Execution["state"][] = ["failed", "lost"];

const LOOKS: Readonly<Record<Execution["state"], string>> = { running: "34", finished: "32", failed: "31", lost: "33" };

function urgencyOf({ state }: Execution): number {
  return { failed: 0, lost: 1, running: 2, finished: 3 }[state];
}

/** What a program reads: the fields that the help names. */
function columnsOf(nowMs: number): Column<Execution>[] {
  return [
    { title: "ID", cell: ({ x }) => x },
    { title: "STATE", cell: ({ state }) => state },
    { title: "NODE", cell: ({ node }) => node },
    { title: "JOB", cell: ({ job }) => job },
    { title: "STARTED", cell: ({ startedAt }) => startedAt },
    { title: "TIME", cell: (each) => (elapsedMs(each, nowMs) / 1_000).toFixed(3) },
    { title: "LINES", cell: ({ lines }) => String(lines) },
    { title: "COMMAND", cell: ({ argv }) => argv.join(" ") },
  ];
}

/** What a person looks for: how it ended, and which rank or task of a job it was, where there are any. */
function personsColumns(all: readonly Execution[], nowMs: number): Column<Execution>[] {
  const rank: Column<Execution> = { title: "RANK", cell: (each) => rankOf(each) ?? "", isRight: true };
  return [
    { title: "ID", cell: ({ x }) => x },
    { title: "STATE", cell: stateWords, look: ({ state }) => LOOKS[state] },
    { title: "NODE", cell: ({ node }) => node },
    ...(all.some((each) => rankOf(each) !== undefined) ? [rank] : []),
    // Without a job, an execution is its own.
    { title: "JOB", cell: ({ job, x }) => (job === x ? "" : job) },
    { title: "STARTED", cell: ({ startedAt }) => localTime(startedAt), isWhole: true },
    { title: "TIME", cell: (each) => formatDuration(elapsedMs(each, nowMs)), isRight: true },
    { title: "LINES", cell: ({ lines }) => String(lines), isRight: true },
    { title: "COMMAND", cell: ({ argv }) => argv.join(" ") },
  ];
}

function elapsedMs({ startedAt, endedAt }: Execution, nowMs: number): number {
  return Math.max(0, (endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt));
}

/** Like `failed 3`, `failed SIGKILL`, `failed time limit`. */
function stateWords({ state, code, signal, timeoutMs }: Execution): string {
  if (state !== "failed") return state;
  const how = timeoutMs !== undefined ? "time limit" : (signal ?? code);
  return how === null ? state : `${state} ${how}`;
}

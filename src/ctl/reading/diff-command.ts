import { type Change, lineDiff } from "../../text/diff/line-diff.ts";
import { normalise } from "../../text/fold/normalise.ts";
import { compareNatural } from "../../text/nodes/natural-order.ts";
import { settledLine } from "../../text/screen/settled-line.ts";
import type { Execution } from "../../wire/api.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";
import { ApiRefusal, type Collector } from "../remote/collector.ts";
import { JoinedLines } from "../remote/joined-lines.ts";
import { readLines } from "../remote/lines.ts";
import { inOrder } from "../remote/merged-lines.ts";
import { Output } from "../remote/output.ts";
import { note, type RemoteSettings, signedIn } from "../remote/session.ts";
import { decoded, shownText } from "../remote/shown-text.ts";
import { newestRunOf, TARGET_OPTIONS, TARGET_RULE, targetOf, targetOfWord } from "../remote/targets.ts";
import { IGNORE_OPTION, ignoredBy } from "./ignored.ts";
import { executionsToMerge } from "./merged-target.ts";

const EXIT = { same: 0, different: 1, failed: 2 } as const;
const DEFAULT_CONTEXT = 3;
const MAX_CONTEXT = 1_000_000;
/** Both sides of one comparison are in memory. */
const MAX_CHARACTERS = 134_217_728;
const LOOK = { title: "1", place: "36", removed: "31", added: "32" } as const;

export const DIFF: CommandDescription = {
  name: "diff",
  summary: "what two nodes, or two runs, printed differently",
  operands: "NODE-A NODE-B --job JOB | A B",
  operandCount: [2, 2],
  about: `Compares what two nodes printed in a run of a job (the newest, without --run), or two executions, or two runs: of these
the executions with the same rank, or else on the same node. The output is that of diff -u.${TARGET_RULE}`,
  isPaged: () => true,
  options: {
    ...TARGET_OPTIONS,
    job: { value: "JOB", help: "the operands are nodes of this job" },
    ignore: IGNORE_OPTION,
    context: { short: "C", value: "N", help: `N lines of context (${DEFAULT_CONTEXT})` },
    stream: { value: "STREAM", help: "only stdout or stderr", choices: ["stdout", "stderr"] },
    brief: { short: "q", help: "only say what differs" },
    json: { help: "one JSON object for each difference: a, b (names), aFrom, aLines, bFrom, bLines" },
  },
  exitCodes: "Exit codes: 0 no difference, 1 some, 2 it failed.",
};

/** What one side of a comparison is called, and who printed it. */
interface Side {
  readonly name: string;
  readonly executions: readonly Execution[];
}

/** `mlctl diff`. */
export function diffCommand(settings: RemoteSettings): Command {
  const command = describedCommand(DIFF, async (options, io) => {
    const ignored = ignoredBy(options);
    const context = options.count("context", { least: 0, most: MAX_CONTEXT, fallback: DEFAULT_CONTEXT });
    const collector = signedIn(settings);
    const [one = "", two = ""] = options.operands;
    const { pairs, alone } = await sidesOf(collector, options, [one, two]);
    const output = new Output(io);
    let isDifferent = alone.length > 0;
    for (const name of alone) note(io, `only on one side: ${name}`);
    for (const sides of pairs) {
      const [a, b] = [await textOf(collector, sides[0], options), await textOf(collector, sides[1], options)];
      const keys = (lines: readonly string[]) => lines.map((line) => normalise(line, ignored));
      const changes = lineDiff(keys(a), keys(b));
      if (changes.length === 0) continue;
      isDifferent = true;
      const shown = { output, a, b, names: [sides[0].name, sides[1].name] as const };
      if (options.has("json")) for (const change of changes) await printJson(shown, change);
      else if (options.has("brief")) await output.line(`${shown.names[0]} and ${shown.names[1]} differ`);
      else await printUnified(shown, changes, context);
    }
    return isDifferent ? EXIT.different : EXIT.same;
  });
  return { ...command, failureCode: EXIT.failed };
}

async function sidesOf(
  collector: Collector,
  options: ParsedOptions,
  [one, two]: readonly [string, string],
): Promise<{ pairs: readonly (readonly [Side, Side])[]; alone: readonly string[] }> {
  if (options.text("job") === undefined) {
    if (options.text("run") !== undefined) throw new UsageError("--run: name its job as well");
    return pairsOf(await sideOf(collector, one), await sideOf(collector, two));
  }
  const target = await targetOf(collector, options, undefined);
  if (target === undefined) throw new UsageError("--job: expected a job");
  const all = await executionsToMerge(collector, await newestRunOf(collector, target), () => true);
  const [a, b] = [one, two].map((node): Side => {
    const executions = all.filter((execution) => execution.node === node);
    if (executions.length === 0) {
      const nodes = [...new Set(all.map((execution) => execution.node))].join(", ");
      throw new CtlError(`The run has nothing on ${JSON.stringify(node)}: its nodes are ${nodes}`);
    }
    return { name: node, executions: executions.toSorted(byRank) };
  });
  return a === undefined || b === undefined ? { pairs: [], alone: [] } : { pairs: [[a, b]], alone: [] };
}

async function sideOf(collector: Collector, word: string): Promise<Side> {
  const named = await targetOfWord(collector, word).catch((error: unknown) => {
    if (!(error instanceof CtlError) || error instanceof ApiRefusal) throw error;
    throw new CtlError(`${error.message}; nodes are compared in a job: mlctl diff NODE-A NODE-B --job JOB`);
  });
  const target = await newestRunOf(collector, named);
  return { name: word, executions: await executionsToMerge(collector, target, () => true) };
}

/** Each execution with the one of the same rank or node on the other side. */
function pairsOf(a: Side, b: Side): { pairs: readonly (readonly [Side, Side])[]; alone: readonly string[] } {
  if (a.executions.length === 1 && b.executions.length === 1) return { pairs: [[a, b]], alone: [] };
  const [seatsA, seatsB] = [seatsOf(a), seatsOf(b)];
  const seats = [...new Set([...seatsA.keys(), ...seatsB.keys()])].sort(compareNatural);
  const found = seats.map((seat) => {
    const [left, right] = [seatsA.get(seat), seatsB.get(seat)];
    return left === undefined || right === undefined ? seat : ([left, right] as const);
  });
  return {
    pairs: found.flatMap((each) => (typeof each === "string" ? [] : [each])),
    alone: found.flatMap((each) => (typeof each === "string" ? [each] : [])),
  };
}

function seatsOf({ name, executions }: Side): Map<string, Side> {
  const seats = new Map<string, Execution[]>();
  for (const execution of executions.toSorted(inOrder)) {
    const { rank } = execution.labels;
    const seat = rank === undefined ? execution.node : `rank ${rank}`;
    seats.set(seat, [...(seats.get(seat) ?? []), execution]);
  }
  return new Map([...seats].map(([seat, those]) => [seat, { name: `${name} ${seat}`, executions: those }]));
}

function byRank(a: Execution, b: Execution): number {
  return compareNatural(a.labels["rank"] ?? "", b.labels["rank"] ?? "") || inOrder(a, b);
}

async function textOf(collector: Collector, side: Side, options: ParsedOptions): Promise<string[]> {
  const stream = options.text("stream");
  const lines: string[] = [];
  let characters = 0;
  const add = (bytes: Buffer): void => {
    const line = settledLine(decoded(bytes));
    characters += line.length;
    if (characters > MAX_CHARACTERS)
      throw new CtlError(
        `Cannot compare more than ${MAX_CHARACTERS} characters of ${side.name}: narrow it with --stream`,
      );
    lines.push(line);
  };
  for (const execution of side.executions) {
    const joined = new JoinedLines();
    for await (const line of readLines(collector, execution, { from: 1, to: execution.lastN })) {
      if (stream !== undefined && line.stream !== stream) continue;
      const whole = joined.add(line);
      if (whole !== undefined) add(whole.bytes);
    }
    for (const rest of joined.rest()) add(rest.bytes);
  }
  return lines;
}

interface Shown {
  readonly output: Output;
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly names: readonly [string, string];
}

async function printJson({ output, a, b, names }: Shown, change: Change): Promise<void> {
  const [aLines, bLines] = [a.slice(...change.a), b.slice(...change.b)];
  await output.json({ a: names[0], b: names[1], aFrom: change.a[0] + 1, aLines, bFrom: change.b[0] + 1, bLines });
}

async function printUnified(
  { output, a, b, names }: Shown,
  changes: readonly Change[],
  context: number,
): Promise<void> {
  const shown = (text: string) => shownText(text, { isColoured: false });
  await output.line(output.painted(`--- ${names[0]}`, LOOK.title));
  await output.line(output.painted(`+++ ${names[1]}`, LOOK.title));
  for (const hunk of hunksOf(changes, context)) {
    const [first, last] = [hunk[0], hunk.at(-1)];
    if (first === undefined || last === undefined) continue;
    const fromA = Math.max(0, first.a[0] - context);
    const fromB = first.b[0] - (first.a[0] - fromA);
    const toA = Math.min(a.length, last.a[1] + context);
    const toB = last.b[1] + (toA - last.a[1]);
    await output.line(output.painted(`@@ -${rangeOf(fromA, toA)} +${rangeOf(fromB, toB)} @@`, LOOK.place));
    let at = fromA;
    for (const change of hunk) {
      for (const line of a.slice(at, change.a[0])) await output.line(` ${shown(line)}`);
      for (const line of a.slice(...change.a)) await output.line(output.painted(`-${shown(line)}`, LOOK.removed));
      for (const line of b.slice(...change.b)) await output.line(output.painted(`+${shown(line)}`, LOOK.added));
      at = change.a[1];
    }
    for (const line of a.slice(at, toA)) await output.line(` ${shown(line)}`);
  }
}

/** Changes with no more than their context between them stand in one hunk. */
function hunksOf(changes: readonly Change[], context: number): Change[][] {
  const hunks: Change[][] = [];
  for (const change of changes) {
    const last = hunks.at(-1)?.at(-1);
    if (last !== undefined && change.a[0] - last.a[1] <= 2 * context) hunks.at(-1)?.push(change);
    else hunks.push([change]);
  }
  return hunks;
}

/** As diff -u counts: an empty part is named by the line before it. */
function rangeOf(from: number, to: number): string {
  const count = to - from;
  const start = count === 0 ? from : from + 1;
  return count === 1 ? String(start) : `${start},${count}`;
}

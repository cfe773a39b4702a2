import { type FoldedLine, LineFold } from "../../text/fold/line-fold.ts";
import { normalise } from "../../text/fold/normalise.ts";
import { formatNodeRange } from "../../text/nodes/node-range.ts";
import { settledLine } from "../../text/screen/settled-line.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { JoinedLines } from "../remote/joined-lines.ts";
import { mergedLines } from "../remote/merged-lines.ts";
import { Output } from "../remote/output.ts";
import { note, type RemoteSettings, signedIn } from "../remote/session.ts";
import { decoded, shownText } from "../remote/shown-text.ts";
import { newestRunOf, TARGET_OPTIONS, TARGET_RULE, targetOf } from "../remote/targets.ts";
import { IGNORE_OPTION, ignoredBy } from "./ignored.ts";
import { LineNames } from "./line-names.ts";
import { executionsToMerge, NODE_OPTION, onNodes } from "./merged-target.ts";

/** Different lines that wait to be printed: beyond, the one printed longest ago is, and is folded no further. */
const MAX_DIFFERENT = 100_000;
const ODD = "33";

export const FOLD: CommandDescription = {
  name: "fold",
  summary: "equal lines of many nodes as one",
  operands: "[ID|JOB|JOB@RUN]",
  operandCount: [0, 1],
  about: `Prints the lines of a run, equal ones once, with the nodes that printed them: node[01-64]: text. Where a node
has several executions, their ranks stand behind it: node1/[0-15]. Lines that not all printed are coloured on a terminal;
--odd prints them alone. JOB alone is its newest run.${TARGET_RULE}`,
  isPaged: () => true,
  options: {
    ignore: IGNORE_OPTION,
    odd: { help: "only lines that not all of them printed" },
    count: { short: "c", help: "how often each was printed, before it" },
    ...TARGET_OPTIONS,
    node: NODE_OPTION,
    stream: { value: "STREAM", help: "only stdout or stderr", choices: ["stdout", "stderr"] },
    json: { help: "one JSON object a line: nodes, count, odd, text" },
  },
};

/** `mlctl fold`. */
export function foldCommand(settings: RemoteSettings): Command {
  return describedCommand(FOLD, async (options, io) => {
    const ignored = ignoredBy(options);
    const isWanted = onNodes(options.text("node"));
    const collector = signedIn(settings);
    const named = await targetOf(collector, options, options.operands[0]);
    if (named === undefined) throw new UsageError("expected ID, JOB or JOB@RUN");
    const executions = await executionsToMerge(collector, await newestRunOf(collector, named), isWanted);
    const output = new Output(io);
    const names = new LineNames(output);
    names.know(executions);
    const nameOf = new Map(executions.map((execution) => [execution, names.nameOf(execution)]));
    const nodes = new Set(nameOf.values());
    const stream = options.text("stream");
    const folded: FoldedLine[] = [];
    const fold = new LineFold({
      keyOf: (text) => normalise(text, ignored),
      emit: (line) => folded.push(line),
      maxLines: MAX_DIFFERENT,
    });
    let odd = 0;
    let all = 0;
    const printFolded = async (): Promise<void> => {
      for (const line of folded.splice(0)) {
        const isOdd = line.nodes.size < nodes.size;
        odd += isOdd ? 1 : 0;
        all += 1;
        if (isOdd || !options.has("odd")) await print(line, isOdd);
      }
    };
    const print = async ({ nodes: on, count, text }: FoldedLine, isOdd: boolean): Promise<void> => {
      const range = formatNodeRange(on);
      if (options.has("json")) return output.json({ nodes: range, count, odd: isOdd, text });
      const times = options.has("count") ? `${String(count).padStart(7)} ` : "";
      const head = isOdd ? output.painted(range, ODD) : range;
      await output.line(`${times}${head}: ${shownText(text, { isColoured: output.isColoured })}`);
    };
    const joiners = new Map(executions.map((execution) => [execution, new JoinedLines()]));
    const sources = executions.map((execution) => ({ execution, from: 1, to: execution.lastN }));
    for await (const { execution, line } of mergedLines(collector, sources)) {
      if (stream !== undefined && line.stream !== stream) continue;
      const whole = joiners.get(execution)?.add(line);
      if (whole !== undefined) fold.add(nameOf.get(execution) ?? execution.node, settledLine(decoded(whole.bytes)));
      if (folded.length > 0) await printFolded();
    }
    for (const [execution, joined] of joiners)
      for (const rest of joined.rest())
        fold.add(nameOf.get(execution) ?? execution.node, settledLine(decoded(rest.bytes)));
    fold.end();
    await printFolded();
    const isOfNodes = [...nameOf].every(([{ node }, name]) => name === node);
    if (output.isTerminal && nodes.size > 1)
      note(
        io,
        `${odd} of ${all} different lines were not printed by all ${nodes.size} ${isOfNodes ? "nodes" : "ranks"}`,
      );
    return 0;
  });
}

import type { Execution } from "../../wire/api.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";
import type { Collector } from "../remote/collector.ts";
import { keyOf } from "../remote/executions.ts";
import type { RemoteLine } from "../remote/lines.ts";
import { mergedLines, printedAtMs } from "../remote/merged-lines.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { newestRunOf, TARGET_OPTIONS, TARGET_RULE, type Target, targetOf } from "../remote/targets.ts";
import { ClockCorrection } from "./clock-correction.ts";
import { worstStatusOf } from "./exit-status.ts";
import { behindLast, type Followed, follow, fromFirst } from "./follow.ts";
import { LineNames } from "./line-names.ts";
import { executionsToMerge, liveTarget, NODE_OPTION, onNodes } from "./merged-target.ts";
import { PrintedLines, TIME_FORMS } from "./printed-lines.ts";
import { TimeOrder } from "./time-order.ts";

const DEFAULT_LINES = 10;
const MAX_LINES = 1_000_000_000;

export const TAIL: CommandDescription = {
  name: "tail",
  summary: "show the last lines of executions, and follow them",
  operands: "[ID|JOB|JOB@RUN]",
  operandCount: [0, 1],
  about: `Shows the last lines of an execution, or of all executions of a run by time, each with its node before it; JOB alone is
its newest run.${TARGET_RULE}

Colours stay on a terminal; other control sequences that the command printed never reach it. Pieces of a line are joined;
a piece without an end, such as a prompt, is shown last. With -f, a line that comes after later ones of its execution
says so and names its number.`,
  isPaged: (options) => !options.has("follow"),
  options: {
    follow: { short: "f", help: "go on with new lines until the executions have ended" },
    lines: { short: "n", value: "N", help: `begin with the last N lines of each (${DEFAULT_LINES})` },
    all: { help: "all executions that run; with -f also those that begin" },
    ...TARGET_OPTIONS,
    node: NODE_OPTION,
    "node-clock": { help: "in the order of the nodes' own clocks, also where one is known to be wrong" },
    stream: { value: "STREAM", help: "only stdout or stderr", choices: ["stdout", "stderr"] },
    time: {
      short: "t",
      value: "FORM",
      help: "the time before each line: utc, local, relative (since the start)",
      choices: TIME_FORMS,
    },
    raw: { help: "text as printed, with the control characters in it" },
    json: { help: "one JSON object a line: x, node, n, time, stream, text or b64, fragment; late: true" },
    "exit-status": {
      help: "exit as the commands did: the highest code, 128 + a signal's number, 1 if neither is known",
    },
  },
};

/** `mlctl tail`. */
export function tailCommand(settings: RemoteSettings): Command {
  return describedCommand(TAIL, async (options, io) => {
    const collector = signedIn(settings);
    const count = options.count("lines", { least: 0, most: MAX_LINES, fallback: DEFAULT_LINES });
    const isWanted = onNodes(options.text("node"));
    const target = await whatOf(collector, options);
    const isOne = target !== "all" && target.is === "execution";
    const printer = new TailPrinter(new Output(io), options, isOne);
    const clocks = new ClockCorrection(io, { isNodeClock: isOne || options.has("node-clock") });
    /** Prints the last lines of what there is. */
    const begin = async (): Promise<Followed[]> => {
      const executions = await executionsToMerge(collector, target, isWanted);
      printer.names.know(executions);
      const sources = executions.map((execution) => {
        const { lastN } = execution;
        return { execution: clocks.apply(execution), from: Math.max(1, lastN - count + 1), to: lastN };
      });
      if (count > 0)
        for await (const { execution, line } of mergedLines(collector, sources)) await printer.print(execution, line);
      return executions.map(behindLast);
    };
    const isEndless = target === "all" && options.has("follow");
    // "All" is listed after subscribing: otherwise short executions in between would be missed.
    const known = isEndless ? [] : await begin();
    let last: readonly Execution[] = known.map(({ execution }) => execution);
    if (options.has("follow")) {
      const order = new TimeOrder<() => Promise<void>>((print) => print(), settings.nowMs);
      const onLine = async (execution: Execution, line: RemoteLine, isLate: boolean): Promise<void> => {
        const print = () => (isLate ? printer.printLate(execution, line) : printer.print(execution, line));
        await (isOne ? print() : order.add(print, printer.placeOf(clocks.apply(execution), line)));
      };
      let hasBegun = false;
      const running = async (): Promise<Followed[]> => {
        // An unknown execution began while there was no connection.
        if (hasBegun) return (await executionsToMerge(collector, target, isWanted)).map(fromFirst);
        hasBegun = true;
        return begin();
      };
      const endless = isEndless ? { running } : {};
      const what = liveTarget(target);
      last = await follow(collector, { what, known, wantsLines: true, isWanted, onLine, ...endless });
      await order.end();
    }
    await printer.finish();
    return options.has("exit-status") ? worstStatusOf(last) : 0;
  });
}

/** Prints lines of executions as they come. */
class TailPrinter {
  readonly names: LineNames;
  readonly #output: Output;
  readonly #options: ParsedOptions;
  readonly #isOne: boolean;
  readonly #printed = new Map<string, PrintedLines>();
  readonly #lastAtMs = new Map<string, number>();

  constructor(output: Output, options: ParsedOptions, isOne: boolean) {
    this.names = new LineNames(output);
    this.#output = output;
    this.#options = options;
    this.#isOne = isOne;
  }

  async print(execution: Execution, line: RemoteLine): Promise<void> {
    await this.#of(execution).print(line);
  }

  async printLate(execution: Execution, line: RemoteLine): Promise<void> {
    await this.#of(execution).printLate(line);
  }

  #of(execution: Execution): PrintedLines {
    const key = keyOf(execution);
    const printed = this.#printed.get(key) ?? this.#begin(execution);
    this.#printed.set(key, printed);
    return printed;
  }

  /** When a line was printed, but never before an earlier one of its execution: clocks are set back. */
  placeOf(execution: Execution, line: RemoteLine): number {
    const atMs = Math.max(printedAtMs(execution, line), this.#lastAtMs.get(keyOf(execution)) ?? 0);
    this.#lastAtMs.set(keyOf(execution), atMs);
    return atMs;
  }

  async finish(): Promise<void> {
    for (const printed of this.#printed.values()) await printed.finish();
  }

  #begin(execution: Execution): PrintedLines {
    const form = this.#options.text("time");
    return new PrintedLines(this.#output, {
      execution,
      stream: this.#options.text("stream"),
      form: this.#options.has("json") ? "json" : this.#options.has("raw") ? "raw" : "text",
      time: TIME_FORMS.find((each) => each === form),
      ...(this.#isOne ? {} : { prefix: () => this.names.prefixOf(execution) }),
    });
  }
}

async function whatOf(collector: Collector, options: ParsedOptions): Promise<Target | "all"> {
  const target = await targetOf(collector, options, options.operands[0]);
  if (options.has("all") && target !== undefined) throw new UsageError("expected --all or what to show, not both");
  if (options.has("all")) return "all";
  if (target === undefined) throw new UsageError("expected ID, JOB, JOB@RUN or --all");
  return newestRunOf(collector, target);
}

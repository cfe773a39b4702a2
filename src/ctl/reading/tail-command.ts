import { constants } from "node:os";
import type { Execution } from "../../wire/api.ts";
import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { findExecution } from "../remote/executions.ts";
import { type RemoteLine, readLines } from "../remote/lines.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { follow } from "./follow.ts";
import { PrintedLines } from "./printed-lines.ts";
import { ID_RULE } from "./show-command.ts";

const DEFAULT_LINES = 10;
const MAX_LINES = 1_000_000_000;

export const TAIL: CommandDescription = {
  name: "tail",
  summary: "show the last lines of an execution, and follow it",
  operands: "ID",
  operandCount: [1, 1],
  about: `Shows the last lines of an execution. ${ID_RULE} Colours stay on a terminal; other control sequences that the
command printed never reach it. Pieces of a line are joined; a piece without an end, such as a prompt, is shown last.`,
  options: {
    follow: { short: "f", help: "go on with new lines until the execution has ended" },
    lines: { short: "n", value: "N", help: `begin with the last N lines (${DEFAULT_LINES})` },
    stream: { value: "STREAM", help: "only stdout or stderr", choices: ["stdout", "stderr"] },
    time: { short: "t", help: "the time of each line before it, in UTC" },
    raw: { help: "text as printed, with the control characters in it" },
    json: { help: "one JSON object a line: x, node, n, time, stream, text or b64" },
    "exit-status": { help: "exit as the command did: its code, 128 + the signal's number, 1 if neither is known" },
  },
};

/** `mlctl tail`. */
export function tailCommand(settings: RemoteSettings): Command {
  return describedCommand(TAIL, async (options, io) => {
    const collector = signedIn(settings);
    const count = options.count("lines", { least: 0, most: MAX_LINES, fallback: DEFAULT_LINES });
    const execution = await findExecution(collector, options.operands[0] ?? "-");
    const output = new Output(io);
    const lines = new PrintedLines(output, {
      execution,
      stream: options.text("stream"),
      form: options.has("json") ? "json" : options.has("raw") ? "raw" : "text",
      hasTime: options.has("time"),
    });
    const { lastN } = execution;
    const range = { from: Math.max(1, lastN - count + 1), to: lastN };
    if (count > 0) for await (const line of readLines(collector, execution, range)) await lines.print(line);
    let last = execution;
    if (options.has("follow")) {
      const onLine = (line: RemoteLine) => lines.print(line);
      last = await follow(collector, { execution, from: lastN + 1, onLine });
    }
    await lines.finish();
    return options.has("exit-status") ? exitStatusOf(last) : 0;
  });
}

function exitStatusOf({ code, signal }: Execution): number {
  if (code !== null) return code;
  return signal === null ? 1 : 128 + (Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0);
}

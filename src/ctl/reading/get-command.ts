import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Execution } from "../../wire/api.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError } from "../command.ts";
import { type CommandDescription, describedCommand, type ParsedOptions } from "../described-command.ts";
import { bytesOf, type Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { note, type RemoteSettings, signedIn } from "../remote/session.ts";
import { executionsOf, TARGET_OPTIONS, TARGET_RULE, targetOf } from "../remote/targets.ts";
import { type Asked, download } from "./download.ts";

export const GET: CommandDescription = {
  name: "get",
  summary: "download what executions printed",
  operands: "[ID|JOB|JOB@RUN]",
  operandCount: [0, 1],
  about: `Downloads what a command printed, byte for byte, to a file or to stdout; of a job or a run each execution into a file of its
own, NODE.ID.txt in the folder of -o.${TARGET_RULE}

Of a running execution it gets what is stored until now. A download that is cut goes on where it was, also the next time.`,
  options: {
    output: { short: "o", value: "FILE|DIR", help: "write there, each file in one step at its end; - is stdout" },
    ...TARGET_OPTIONS,
    stream: { value: "STREAM", help: "only stdout or stderr", choices: ["stdout", "stderr"] },
    cri: { help: "the lines as they are stored, with time and stream (CRI)" },
    gzip: { short: "z", help: "compressed" },
  },
};

/** Small files wait for the way there and back, not for bytes. */
const FILES_AT_ONCE = 4;

/** `mlctl get`. */
export function getCommand(settings: RemoteSettings): Command {
  return describedCommand(GET, async (options, io) => {
    const output = new Output(io);
    const place = options.text("output");
    // The bytes may drive it.
    if (place === undefined && output.isTerminal)
      throw new UsageError(
        "expected -o FILE: the bytes may hold sequences that drive a terminal (-o - prints them all the same)",
      );
    if (options.has("cri") && options.text("stream") !== undefined)
      throw new UsageError("expected --cri or --stream, not both");
    const collector = signedIn(settings);
    const target = await targetOf(collector, options, options.operands[0]);
    if (target === undefined) throw new UsageError("expected ID, JOB or JOB@RUN");
    const toStdout = place === undefined || place === "-";
    if (target.is === "execution" && toStdout) {
      const answer = await collector.send({ ...askedOf(options, target.execution) });
      for await (const bytes of bytesOf(answer)) await output.write(bytes);
      return 0;
    }
    if (toStdout) throw new UsageError("expected -o DIR: each execution becomes a file there");
    const path = resolve(io.cwd, place);
    if (target.is === "execution") {
      await fetchTo(collector, options, { execution: target.execution, path });
      return 0;
    }
    makeFolder(path);
    let done = 0;
    const executions = executionsOf(collector, target);
    const lane = async (): Promise<void> => {
      // A failure in one lane ends the list for all.
      for await (const execution of executions) {
        await fetchTo(collector, options, { execution, path: join(path, fileNameOf(execution, options)) });
        done += 1;
        if (io.stderr.isTTY === true) io.stderr.write(`\r${done} files\u001b[K`);
      }
    };
    await Promise.all(Array.from({ length: FILES_AT_ONCE }, lane));
    if (io.stderr.isTTY === true) io.stderr.write("\r\u001b[K");
    note(io, `${done} files in ${place}`);
    return 0;
  });
}

function fetchTo(
  collector: Collector,
  options: ParsedOptions,
  to: { readonly execution: Execution; readonly path: string },
): Promise<void> {
  const { execution, path } = to;
  // Only bytes as printed come in parts.
  const isWhole = !options.has("cri") && !options.has("gzip") && options.text("stream") === undefined;
  const bytes = isWhole ? execution.bytes : undefined;
  return download(collector, { asked: askedOf(options, execution), path, bytes });
}

function askedOf(options: ParsedOptions, { x, node, owner }: Execution): Asked {
  const form = options.has("cri") ? "cri" : undefined;
  const gzip = options.has("gzip") ? "1" : undefined;
  return { path: `/executions/${x}/raw`, query: { node, owner, stream: options.text("stream"), form, gzip } };
}

function fileNameOf({ x, node }: Execution, options: ParsedOptions): string {
  const name = `${node.replace(/[^\w.-]/g, "_")}.${x}.${options.has("cri") ? "log" : "txt"}`;
  return options.has("gzip") ? `${name}.gz` : name;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new CtlError(`Cannot make the folder ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

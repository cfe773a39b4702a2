import { createWriteStream, renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { UsageError } from "../../wire/usage-error.ts";
import { type Command, CtlError } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { bytesOf } from "../remote/collector.ts";
import { findExecution } from "../remote/executions.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { ID_RULE } from "./show-command.ts";

export const GET: CommandDescription = {
  name: "get",
  summary: "download what an execution printed",
  operands: "ID",
  operandCount: [1, 1],
  about: `Downloads what a command printed, byte for byte, to a file or to stdout. ${ID_RULE} Of a running execution it gets
what is stored until now.`,
  options: {
    output: { short: "o", value: "FILE", help: "write there, in one step at the end; - is stdout" },
    stream: { value: "STREAM", help: "only stdout or stderr", choices: ["stdout", "stderr"] },
  },
};

/** `mlctl get`. */
export function getCommand(settings: RemoteSettings): Command {
  return describedCommand(GET, async (options, io) => {
    const output = new Output(io);
    const file = options.text("output");
    // The bytes may drive it.
    if (file === undefined && output.isTerminal)
      throw new UsageError(
        "expected -o FILE: the bytes may hold sequences that drive a terminal (-o - prints them all the same)",
      );
    const collector = signedIn(settings);
    const { x, node, owner } = await findExecution(collector, options.operands[0] ?? "-");
    const query = { node, owner, stream: options.text("stream") };
    const answer = await collector.send({ path: `/executions/${x}/raw`, query });
    if (file === undefined || file === "-") {
      for await (const bytes of bytesOf(answer)) await output.write(bytes);
      return 0;
    }
    const path = resolve(io.cwd, file);
    const part = `${path}.part`;
    try {
      await pipeline(bytesOf(answer), createWriteStream(part));
      renameSync(part, path);
    } catch (error) {
      rmSync(part, { force: true });
      throw new CtlError(`Cannot write ${path}: ${error instanceof Error ? error.message : error}`);
    }
    return 0;
  });
}

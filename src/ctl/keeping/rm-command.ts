import { type Command, CtlError } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { ID_RULE } from "../reading/show-command.ts";
import { findExecution } from "../remote/executions.ts";
import { note, type RemoteSettings, signedIn } from "../remote/session.ts";

const MAX_OPERANDS = 1_000;

export const RM: CommandDescription = {
  name: "rm",
  summary: "delete executions",
  operands: "ID...",
  operandCount: [1, MAX_OPERANDS],
  about: `Deletes executions for good: their lines, their files, their places in lists. What runs or is kept (mlctl keep) is
refused; the others go all the same.

${ID_RULE}`,
  options: {},
};

/** `mlctl rm`. */
export function rmCommand(settings: RemoteSettings): Command {
  return describedCommand(RM, async (options, io) => {
    const collector = signedIn(settings);
    // Found before the first goes: "-" is the newest of now.
    const found = [];
    for (const word of options.operands) found.push(await findExecution(collector, word));
    let refused = 0;
    for (const { x, node, owner } of found) {
      try {
        (await collector.send({ method: "DELETE", path: `/executions/${x}`, query: { node, owner } })).resume();
      } catch (error) {
        if (!(error instanceof CtlError)) throw error;
        refused += 1;
        note(io, `${x}: ${error.message}`);
      }
    }
    return refused > 0 ? 1 : 0;
  });
}

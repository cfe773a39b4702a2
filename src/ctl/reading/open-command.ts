import type { Command } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { AccountFile } from "../remote/account.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { TARGET_OPTIONS, TARGET_RULE, type Target, targetOf } from "../remote/targets.ts";

export const OPEN: CommandDescription = {
  name: "open",
  summary: "print the viewer's address of an execution, a job or a run",
  operands: "[ID|JOB|JOB@RUN]",
  operandCount: [0, 1],
  about: `Prints the address that shows it in a browser; without an operand, that of the list.${TARGET_RULE}`,
  options: TARGET_OPTIONS,
};

/** `mlctl open`. */
export function openCommand(settings: RemoteSettings): Command {
  return describedCommand(OPEN, async (options, io) => {
    const { url, user } = new AccountFile(settings.configFolder).read();
    const target = await targetOf(signedIn(settings), options, options.operands[0]);
    const query = target === undefined ? "" : `?${placeOf(target, user)}`;
    await new Output(io).line(`${url}/${query}`);
    return 0;
  });
}

/** As the viewer writes its places. */
function placeOf(target: Target, user: string): URLSearchParams {
  const [owner, place] =
    target.is === "execution"
      ? [target.execution.owner, { x: target.execution.x, node: target.execution.node }]
      : [target.owner, { job: target.job, run: target.run }];
  const all = { ...place, owner: owner === user ? undefined : owner };
  return new URLSearchParams(Object.entries(all).filter((each): each is [string, string] => each[1] !== undefined));
}

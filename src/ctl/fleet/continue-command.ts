import { type Command, CtlError } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { Output } from "../remote/output.ts";
import { type RemoteSettings, signedIn } from "../remote/session.ts";
import { sendContinue } from "./run-api.ts";
import { printStates } from "./run-state.ts";
import { listRuns } from "./runs-command.ts";

export const CONTINUE: CommandDescription = {
  name: "continue",
  summary: "let a paused run go on with its next nodes",
  operands: "[RUN]",
  operandCount: [0, 1],
  about: `A run with \`--batch N --pause-on-failure\` holds back the other nodes once it has failed on one. This sends it to the
next N, as if what has failed until now had not; without RUN, of the newest run that is paused.`,
  options: { json: { help: "the run's state as an object of JSON" } },
};

/** `mlctl continue`. */
export function continueCommand(settings: RemoteSettings): Command {
  return describedCommand(CONTINUE, async (options, io) => {
    const collector = signedIn(settings);
    const [word] = options.operands;
    const run = word?.toUpperCase() ?? (await listRuns(collector, {})).find(({ isPaused }) => isPaused)?.run;
    if (run === undefined) throw new CtlError("None of your runs is paused. `mlctl runs` lists them");
    const view = await sendContinue(collector, run);
    const output = new Output(io);
    if (options.has("json")) await output.json(view);
    else await printStates(output, view);
    return 0;
  });
}

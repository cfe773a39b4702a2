import { parseRunView, type RunOnNode, type RunView } from "../../wire/fleet/run-view.ts";
import { isFinal } from "../../wire/fleet/states.ts";
import { parseExecutionId } from "../../wire/ids.ts";
import { type Command, CtlError } from "../command.ts";
import { type CommandDescription, describedCommand } from "../described-command.ts";
import { ApiRefusal, type Collector } from "../remote/collector.ts";
import { Output } from "../remote/output.ts";
import { signedIn } from "../remote/session.ts";
import { cancelRun } from "./cancel-run.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { followRun } from "./run-api.ts";
import { printStates, stateWords } from "./run-state.ts";
import { listRuns } from "./runs-command.ts";
import { Spool } from "./spool.ts";

/** Most commands end at their TERM; who asked does not wait for one that takes longer. */
const END_WITHIN_MS = 2_000;

export const STOP: CommandDescription = {
  name: "stop",
  summary: "stop a run on all of its nodes",
  operands: "RUN|JOB",
  operandCount: [1, 1],
  about: `Signs the order that stops a run: by its id, or the newest that has not ended of a job. On each node everything
that the command started gets TERM, and KILL after the time that \`mlctl run --kill-after\` gave. A run that has not begun
never will. Where a node is absent, the order waits for it. Prints how it ended on each node; after 2 s \`stopping\`, where
it has not.`,
  options: {
    owner: { value: "USER", help: "somebody else's run: needs an administrator's key" },
    key: { value: "FILE", help: "sign with this key, or with the agent's whose public half this is" },
    json: { help: "the run's state as an object of JSON" },
  },
};

/** `mlctl stop`. */
export function stopCommand(settings: FleetSettings): Command {
  return describedCommand(STOP, async (options, io) => {
    const collector = signedIn(settings);
    await new Spool(settings.stateFolder).flush(collector, io);
    const view = await findRun(collector, options.operands[0] ?? "", options.text("owner"));
    const cancelled = await cancelRun({ collector, view, key: options.text("key"), settings });
    const stopped = await soonEnded(collector, cancelled);
    const output = new Output(io);
    if (options.has("json")) await output.json(stopped);
    else await printStates(output, stopped, stopWords);
    return 0;
  });
}

/** How it has ended, or its last state where that takes longer. */
async function soonEnded(collector: Collector, cancelled: RunView): Promise<RunView> {
  const { run, owner } = cancelled;
  let last = cancelled;
  if (!last.isDone)
    for await (const view of followRun(collector, { run, owner, signal: AbortSignal.timeout(END_WITHIN_MS) }))
      last = view;
  return last;
}

/** A state that is not its last says nothing new. */
function stopWords(each: RunOnNode): string {
  return isFinal(each.state) ? stateWords(each) : "stopping";
}

async function findRun(collector: Collector, word: string, owner: string | undefined): Promise<RunView> {
  const run = parseExecutionId(word.toUpperCase());
  if (run !== undefined) {
    try {
      return await collector.json({ path: `/runs/${run}`, query: { owner } }, parseRunView);
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status !== 404) throw error;
    }
  }
  for (const view of await listRuns(collector, { owner })) if (view.job === word && !view.isDone) return view;
  throw new CtlError(`No run ${word}, and no job of this name that runs: \`mlctl runs\` lists them`);
}

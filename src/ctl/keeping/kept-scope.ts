import type { KeptScope } from "../../wire/keeping.ts";
import { parseRunId, RUN_ID_RULE } from "../../wire/run-id.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { CtlError } from "../command.ts";
import type { ParsedOptions } from "../described-command.ts";
import type { Collector } from "../remote/collector.ts";
import { listExecutions, lookUp, mayBeId } from "../remote/executions.ts";

/** Explains the operand that `keptScope` reads. */
export const SCOPE_RULE = `ID is an id, or the beginning of one that fits no other; - is the newest execution. Any other word is the name of
a job; --run narrows it to one run.`;

/** What the operand and `--run` name, with its owner. Throws a CtlError if there is nothing of that name. */
export async function keptScope(collector: Collector, options: ParsedOptions): Promise<KeptScope> {
  const [word = "-"] = options.operands;
  const run = runOf(options);
  const execution = run === undefined && mayBeId(word) ? await lookUp(collector, word) : undefined;
  if (execution !== undefined) {
    const { x, node, owner } = execution;
    return { x, node, owner };
  }
  for await (const { owner } of listExecutions(collector, { job: word, run, owner: options.text("owner") }, 1))
    return run === undefined ? { job: word, owner } : { job: word, run, owner };
  const what = run === undefined ? "execution or job" : `run ${run} of a job`;
  throw new CtlError(`There is no ${what} ${JSON.stringify(word)}. \`mlctl ls\` lists what you may see`);
}

/** The value of `--run`. */
export function runOf(options: ParsedOptions): string | undefined {
  const text = options.text("run");
  const run = parseRunId(text);
  if (text !== undefined && run === undefined) throw new UsageError(`--run: expected ${RUN_ID_RULE}`);
  return run;
}

import type { Execution } from "../../wire/api.ts";
import { parseRunPage } from "../../wire/runs.ts";
import { UsageError } from "../../wire/usage-error.ts";
import { CtlError } from "../command.ts";
import type { OptionDescription, ParsedOptions } from "../described-command.ts";
import type { Collector } from "./collector.ts";
import { listExecutions, lookUp, mayBeId, refuseEmpty } from "./executions.ts";

/** A paragraph of a command's help. */
export const TARGET_RULE = `

ID is an id, or the beginning of one that fits no other; - or @1 is the newest execution, @2 the one before.
JOB@RUN is one run of a job: RUN is its id, or 1 for the newest, 2 for the one before.`;

/** What a command's operand means. */
export type Target =
  | { readonly is: "execution"; readonly execution: Execution }
  | { readonly is: "job"; readonly job: string; readonly run: string | undefined; readonly owner: string | undefined };

/** For commands that take a target: what a word alone cannot say. */
export const TARGET_OPTIONS: Readonly<Record<"job" | "run", OptionDescription>> = {
  job: { value: "JOB", help: "the job of this name, if it could be an id" },
  run: { value: "RUN", help: "only this run of the job: its id, or 1 for the newest" },
};

/** Of the runs of a job, the newest that may be named by their places. */
const MAX_RUN_PLACE = 200;

/**
 * What `--job`, `--run` and the operand mean together; undefined if nothing is named. Throws a CtlError if there is no
 * such thing.
 */
export async function targetOf(
  collector: Collector,
  options: Pick<ParsedOptions, "text">,
  word: string | undefined,
): Promise<Target | undefined> {
  const [job, run] = [options.text("job"), options.text("run")];
  refuseEmpty(job ?? word);
  if (job !== undefined && word !== undefined) throw new UsageError("expected --job or an operand, not both");
  if (job === undefined && word === undefined) {
    if (run !== undefined) throw new UsageError("--run: name its job as well");
    return undefined;
  }
  if (job === undefined && run === undefined && word !== undefined) return targetOfWord(collector, word);
  return jobTarget(collector, job ?? word ?? "", run);
}

/** An execution, a job or a run by one word. */
export async function targetOfWord(collector: Collector, word: string): Promise<Target> {
  refuseEmpty(word);
  if (mayBeId(word)) {
    const execution = await lookUp(collector, word);
    if (execution !== undefined) return { is: "execution", execution };
    if (word.startsWith("@") || word === "-")
      throw new CtlError(`There is no execution ${word}. \`mlctl ls\` lists what you may see`);
  }
  const at = word.lastIndexOf("@");
  if (at > 0 && !(await isJob(collector, word))) return jobTarget(collector, word.slice(0, at), word.slice(at + 1));
  return jobTarget(collector, word, undefined);
}

/** The executions of a target, newest first. */
export async function* executionsOf(collector: Collector, target: Target): AsyncGenerator<Execution> {
  if (target.is === "execution") yield target.execution;
  else yield* listExecutions(collector, { job: target.job, run: target.run, owner: target.owner });
}

/** The same job with its newest run, where none was named. */
export async function newestRunOf(collector: Collector, target: Target): Promise<Target> {
  if (target.is !== "job" || target.run !== undefined) return target;
  return jobTarget(collector, target.job, "1");
}

async function jobTarget(collector: Collector, job: string, run: string | undefined): Promise<Target> {
  for await (const { owner } of listExecutions(collector, { job }, 1)) {
    if (run === undefined) return { is: "job", job, run, owner: undefined };
    return { is: "job", job, run: await runOf(collector, { job, run }), owner };
  }
  throw new CtlError(`There is no execution or job ${JSON.stringify(job)}. \`mlctl ls\` lists what you may see`);
}

async function isJob(collector: Collector, job: string): Promise<boolean> {
  for await (const _ of listExecutions(collector, { job }, 1)) return true;
  return false;
}

async function runOf(collector: Collector, { job, run }: { job: string; run: string }): Promise<string> {
  const place = /^[1-9]\d{0,2}$/.test(run) ? Number(run) : undefined;
  const page = await collector.json({ path: "/runs", query: { job, limit: MAX_RUN_PLACE } }, parseRunPage);
  const named = page.runs.find((each) => each.run === run);
  if (named !== undefined || (place === undefined && page.next !== null)) return run;
  const placed = place === undefined ? undefined : page.runs[place - 1];
  if (placed !== undefined) return placed.run;
  const runs = page.runs.length === 1 ? "one run" : `${page.runs.length} runs`;
  throw new CtlError(
    place === undefined
      ? `Job ${job} has no run ${JSON.stringify(run)}`
      : `Job ${job} has ${page.next === null ? runs : `more than ${runs}: name this one by its id`}`,
  );
}

import type { KeptScope } from "../../wire/keeping.ts";
import { UsageError } from "../../wire/usage-error.ts";
import type { ParsedOptions } from "../described-command.ts";
import type { Collector } from "../remote/collector.ts";
import { executionsOf, targetOf } from "../remote/targets.ts";

/** What the operand, `--job`, `--run` and `--owner` name. Throws a CtlError if there is nothing of that name. */
export async function keptScope(collector: Collector, options: ParsedOptions): Promise<KeptScope> {
  const target = await targetOf(collector, options, options.operands[0]);
  if (target === undefined) throw new UsageError("expected ID, JOB or JOB@RUN");
  if (target.is === "execution") {
    const { x, node, owner } = target.execution;
    return { x, node, owner };
  }
  const { job, run } = target;
  const what = run === undefined ? { job } : { job, run };
  const named = options.text("owner") ?? target.owner;
  if (named !== undefined) return { ...what, owner: named };
  for await (const { owner } of executionsOf(collector, target)) return { ...what, owner };
  return what;
}

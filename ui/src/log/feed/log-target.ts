import type { Execution } from "../../../../src/wire/api.ts";
import type { Target } from "../../../../src/wire/live.ts";
import type { Answer } from "../../api/json-client.ts";
import type { ApiClient } from "../../api-client.ts";

/** The target of a log view. Empty node: any (execution) or all (job). No owner: the only user who has one. */
export type LogTarget =
  | { readonly view: "execution"; readonly x: string; readonly owner?: string; readonly node: string }
  | {
      readonly view: "job";
      readonly job: string;
      /** One launch of it; undefined: all. */
      readonly run?: string;
      readonly owner?: string;
      readonly node: string;
      /** Only these executions, by their ids. */
      readonly only?: readonly string[] | undefined;
    };

/** Most executions of a job that are requested one by one; the collector merges the lines of larger ones. */
const MAX_ASKED = 64;

export interface Found {
  readonly executions: readonly Execution[];
  /** There are more than are requested one by one. */
  readonly isPartial: boolean;
}

export function subscriptionTarget(target: LogTarget): Target {
  if (target.view === "job") return ofJob(target);
  const { x, node, owner } = target;
  return { x, ...(node === "" ? {} : { node }), ...(owner === undefined ? {} : { owner }) };
}

/** The executions that make up a log. */
export async function findExecutions(
  api: Pick<ApiClient, "execution" | "executions">,
  target: LogTarget,
): Promise<Answer<Found>> {
  if (target.view === "execution") {
    const answer = await api.execution(target);
    return answer.ok ? { ok: true, value: { executions: [answer.value], isPartial: false } } : answer;
  }
  if (target.only !== undefined) return findThese(api, target.only, target.owner);
  const answer = await api.executions({ ...ofJob(target), node: target.node, limit: MAX_ASKED });
  if (!answer.ok) return answer;
  return { ok: true, value: { executions: answer.value.executions, isPartial: answer.value.next !== null } };
}

/** Those that exist, if any. */
async function findThese(
  api: Pick<ApiClient, "execution">,
  ids: readonly string[],
  owner: string | undefined,
): Promise<Answer<Found>> {
  const answers = await Promise.all(ids.map((x) => api.execution({ x, owner })));
  const executions = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
  const refusal = answers.find((answer) => !answer.ok);
  if (executions.length === 0 && refusal !== undefined && !refusal.ok) return refusal;
  return { ok: true, value: { executions, isPartial: false } };
}

type OfJob = Omit<Extract<LogTarget, { view: "job" }>, "view" | "node" | "only">;

function ofJob({ job, run, owner }: OfJob): OfJob {
  return { job, ...(run === undefined ? {} : { run }), ...(owner === undefined ? {} : { owner }) };
}

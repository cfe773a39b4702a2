import type { Execution } from "../../../src/wire/api.ts";
import type { Answer, ApiClient } from "../api-client.ts";

export type LogTarget =
  | { readonly view: "execution"; readonly x: string; readonly node: string }
  | { readonly view: "job"; readonly job: string; readonly node: string };

/** Executions of a job that are merged at one time. */
export const MAX_SOURCES = 200;

export interface Found {
  readonly executions: readonly Execution[];
  /** There are more than `MAX_SOURCES`. */
  readonly isPartial: boolean;
}

/** The executions that a log is made of. */
export async function findExecutions(
  api: Pick<ApiClient, "execution" | "executions">,
  target: LogTarget,
): Promise<Answer<Found>> {
  if (target.view === "execution") {
    const answer = await api.execution(target);
    return answer.ok ? { ok: true, value: { executions: [answer.value], isPartial: false } } : answer;
  }
  const { job, node } = target;
  const answer = await api.executions({ job, node, limit: MAX_SOURCES });
  if (!answer.ok) return answer;
  return { ok: true, value: { executions: answer.value.executions, isPartial: answer.value.next !== null } };
}

/** Runs `work` for each item, a few at a time. */
export async function forEachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

import type { Execution } from "../wire/api.ts";
import { WIRE_LIMITS } from "../wire/limits.ts";
import { SearchRefusal } from "../wire/search-refusal.ts";
import type { SearchRequest } from "../wire/search-request.ts";
import type { Viewer } from "../wire/viewer.ts";
import type { OpenLines, SearchedArchive } from "./ports.ts";

/** Clocks of nodes and collector may differ by up to this; executions further away are skipped unread. */
const CLOCKS_WITHIN_MS = 86_400_000;

/**
 * The executions of a request, newest first: only those that the viewer may see. Throws a SearchRefusal if it names one
 * that is missing, before the first.
 */
export async function* executionsOf(
  archive: SearchedArchive,
  viewer: Viewer,
  request: SearchRequest,
): AsyncGenerator<Execution> {
  const { what, nodes, state } = request;
  if ("x" in what) {
    const execution = await archive.get(viewer, what);
    if (execution === undefined) throw new SearchRefusal("missing");
    if (isWanted(execution, request)) yield execution;
    return;
  }
  const { job, run } = "job" in what ? what : {};
  const node = nodes.length === 1 ? nodes[0] : undefined;
  for (let before: string | null | undefined; before !== null; ) {
    const query = { owner: what.owner, job, run, node, state, before, limit: WIRE_LIMITS.defaultPageExecutions };
    const page = await archive.list(viewer, query);
    yield* page.executions.filter((execution) => isWanted(execution, request));
    before = page.next;
  }
}

function isWanted(execution: Execution, request: SearchRequest): boolean {
  const { nodes, only, labels, state } = request;
  const until = boundOf(request, "previous") ?? request.until;
  if (only.length > 0 && !only.includes(execution.x)) return false;
  if (nodes.length > 0 && !nodes.includes(execution.node)) return false;
  if (state !== undefined && execution.state !== state) return false;
  if (until !== undefined && Date.parse(execution.startedAt) > Date.parse(until) + CLOCKS_WITHIN_MS) return false;
  return Object.entries(labels).every(([key, value]) => {
    return Object.hasOwn(execution.labels, key) && execution.labels[key] === value;
  });
}

/** Whether all lines were printed long before the time requested. */
export function isTooOld({ writtenAtMs }: OpenLines, request: SearchRequest): boolean {
  const since = boundOf(request, "next") ?? request.since;
  return since !== undefined && writtenAtMs + CLOCKS_WITHIN_MS < Date.parse(since);
}

/** The time of the request's place, if hits are wanted in this direction. */
function boundOf({ place, direction }: SearchRequest, of: SearchRequest["direction"]): string | undefined {
  return direction === of ? place?.time : undefined;
}

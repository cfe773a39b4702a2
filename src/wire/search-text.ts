import type { Execution } from "./api.ts";

/** The text that `GET /api/executions?q=` searches, in lower case; the search text must be in lower case as well. */
export function searchText({ argv, job, node, x, labels }: Execution): string {
  const said = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [...argv, job, node, x, ...said].join(" ").toLowerCase();
}

import type { Execution } from "./api.ts";

/** What `GET /api/executions?q=` looks for a text in. Lower case, as the text then has to be. */
export function searchText({ argv, job, node, x, labels }: Execution): string {
  const said = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [...argv, job, node, x, ...said].join(" ").toLowerCase();
}

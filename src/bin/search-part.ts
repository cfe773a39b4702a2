import type { Part } from "../host/lifecycle.ts";
import type { Searches } from "../search/searches.ts";

/** Threads of searches: they start when needed, and end after the web server, whose requests they serve. */
export function searchPart(searches: Searches): Part {
  return {
    name: "search",
    start: async () => undefined,
    stop: () => searches.close(),
  };
}

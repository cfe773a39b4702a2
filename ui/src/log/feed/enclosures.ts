import type { Enclosure } from "../../../../src/text/merge/nested-copies.ts";
import type { LogSource } from "./log-source.ts";

/** Which of these executions print into which others, as reported by mlrun. */
export function enclosuresOf(sources: readonly LogSource[]): readonly Enclosure[] {
  const found: Enclosure[] = [];
  for (const { index, execution } of sources) {
    const { parent, within, node, owner } = execution;
    if (parent === undefined || within === undefined) continue;
    const outer = sources.find(({ execution: { x, ...at } }) => x === parent && at.node === node && at.owner === owner);
    if (outer !== undefined) found.push({ inner: index, outer: outer.index, within });
  }
  return found;
}

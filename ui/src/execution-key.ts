import type { Execution } from "../../src/wire/api.ts";

/** Names one execution: two users may have the same id on one node. */
export type ExecutionKey = Pick<Execution, "x" | "node" | "owner">;

/** Key for maps and lists, never split again. Unambiguous: ids have a fixed length, user names no NUL. */
export function keyOf({ x, node, owner }: ExecutionKey): string {
  return `${x}${owner}\0${node}`;
}

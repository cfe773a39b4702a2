import type { Execution } from "../../src/wire/api.ts";

/** Names one execution: two users may have one id on one node. */
export type ExecutionKey = Pick<Execution, "x" | "node" | "owner">;

/** As it stands in maps and lists. Never split again: an id has a fixed length, and a user's name no NUL. */
export function keyOf({ x, node, owner }: ExecutionKey): string {
  return `${x}${owner}\0${node}`;
}

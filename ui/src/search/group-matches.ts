import { type ExecutionKey, keyOf } from "../execution-key.ts";
import type { Match } from "../log/find/match.ts";

/** The matches of one execution, in order. */
export interface MatchGroup extends ExecutionKey {
  readonly key: string;
  readonly matches: readonly Match[];
}

/** Groups matches by execution, the newest execution first. */
export function groupMatches(matches: readonly Match[]): readonly MatchGroup[] {
  const groups = new Map<string, Match[]>();
  for (const match of matches) {
    const key = keyOf(match);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [match]);
    else group.push(match);
  }
  const all = [...groups].flatMap(([key, found]) => {
    const [first] = found;
    return first === undefined ? [] : [{ key, x: first.x, node: first.node, owner: first.owner, matches: found }];
  });
  // An id begins with the time at which its execution began.
  return all.sort((a, b) => (a.x < b.x ? 1 : a.x > b.x ? -1 : 0));
}

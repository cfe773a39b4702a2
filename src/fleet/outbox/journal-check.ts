import type { EventAnswer, FleetEventOf } from "../../wire/fleet/event.ts";
import type { NodeDb } from "./node-db.ts";

/**
 * Answers whether a node's journal is the one that the collector knows. An older sequence of it, or a journal that another one
 * has followed, comes from a copy: nothing unclaimed of it may start.
 *
 * `isTwice`: two agents of this node are connected. `isOtherAlive`: the known journal's agent was heard from a moment ago.
 */
export function checkJournal(
  db: NodeDb,
  of: { node: string; event: FleetEventOf<"journal">; isTwice: boolean; isOtherAlive: boolean },
): EventAnswer {
  const { node, event, isTwice, isOtherAlive } = of;
  const { journal, sequence } = event;
  if (isTwice) return "duplicate";
  const known = db.journals(node);
  const same = known.find((each) => each.journal === journal);
  const current = known.find((each) => each.current === 1);
  if (same !== undefined && same.current === 0) return isOtherAlive ? "duplicate" : "restored";
  if (same !== undefined && sequence < same.sequence) return "restored";
  if (same === undefined && current !== undefined && isOtherAlive) return "duplicate";
  db.putJournal({ node, journal, sequence, current: 1 });
  return "+";
}

/** Notes a journal's sequence if it is the highest so far. A node's first journal becomes its current one. */
export function noteSequence(db: NodeDb, of: { node: string; journal: string; sequence: number }): void {
  const { node, journal, sequence } = of;
  const isKnown = db.raiseSequence(of);
  if (!isKnown && db.journals(node).length === 0) db.putJournal({ node, journal, sequence, current: 1 });
}

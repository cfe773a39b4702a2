import { LoopTurns } from "../host/loop-turns.ts";
import type { Fact } from "./plan.ts";
import type { KeptStore, RowPlace, StoredRow } from "./ports.ts";

/** Rows read in one turn of the event loop: about 2 ms. */
const ROWS_A_TURN = 500;

/** All executions of one owner, or of everybody, from the oldest start on, in turns beside the live work. */
export async function* walk(store: KeptStore, owner?: string): AsyncGenerator<StoredRow, void> {
  const turns = new LoopTurns();
  let after: RowPlace | undefined;
  for (;;) {
    const rows = await turns.run(async () => store.oldest(after, ROWS_A_TURN, owner));
    yield* rows;
    after = rows.at(-1);
    if (rows.length < ROWS_A_TURN) return;
  }
}

/** The facts that a plan needs of a row. */
export function factOf(row: StoredRow, hold: Fact["hold"]): Fact {
  const { owner, job, run, startedAt, overAt, isOpen, diskBytes: bytes } = row;
  const overAtMs = overAt === "" || isOpen === 1 ? undefined : Date.parse(overAt);
  return { owner, job, run, startedAtMs: Date.parse(startedAt), overAtMs, bytes, hold };
}

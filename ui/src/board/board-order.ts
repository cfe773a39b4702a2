import { compareNatural } from "../../../src/text/nodes/natural-order.ts";
import type { BoardCell, BoardPlace } from "../../../src/wire/board.ts";
import { frame } from "../texts/en/frame.ts";

export const BOARD_ORDERS = ["rank", "node"] as const;
export type BoardOrder = (typeof BOARD_ORDERS)[number];

/** By rank, as a number, where executions have one; or by node in natural order: node2 before node10. */
export function orderCells(cells: readonly BoardCell[], order: BoardOrder): readonly BoardCell[] {
  const byRank = (a: BoardCell, b: BoardCell): number => compareNatural(a.rank ?? "", b.rank ?? "");
  const byNode = (a: BoardCell, b: BoardCell): number => compareNatural(a.node, b.node);
  const [first, second] = order === "rank" ? [byRank, byNode] : [byNode, byRank];
  return [...cells].sort((a, b) => first(a, b) || second(a, b) || compareNatural(a.x, b.x));
}

/** "rank 11 (node12)", or "node12". */
export function placeWords({ rank, node }: { readonly rank?: string | undefined; readonly node: string }): string {
  return rank === undefined ? node : frame.place(rank, node);
}

/** A name short enough for a cell: the rank, or the number in the node's name. */
export function shortName({ rank, node }: BoardPlace): string {
  return rank ?? /\d+(?=\D*$)/.exec(node)?.[0] ?? node.slice(0, 2);
}

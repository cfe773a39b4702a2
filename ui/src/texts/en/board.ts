import { formatCount } from "../../format.ts";
import { translated } from "../language.ts";

export const board = translated("board", {
  name: "Board",
  cells: "Executions of this run",
  silentFor: (state: string, time: string) => `${state}, silent ${time}`,
  silent: (time: string) => `silent ${time}`,
  silentTitle: "Quieter than ten times the others' median",
  usual: (time: string) => `; usual in this run: ${time}`,
  andMore: (count: number) => `and ${formatCount(count)} more`,
  whatFailed: "What failed first",
  failedFirst: (place: string) => `${place} failed first`,
  lostFirst: (place: string) => `${place} was lost first`,
  lastHeard: (time: string) => `last heard of at ${time}`,
  goThere: "Go there",
  onStderr: "Its last lines on stderr",
  notOnStderr: "Nothing on stderr lately; its last lines",
  showAll: (count: number) => `Show all ${formatCount(count)}`,
  partial: (count: number) => `the ${formatCount(count)} newest executions; the run has more`,
  order: "Order of the board",
  orders: { rank: "by rank", node: "by node" },
});

import { formatCount } from "../../format.ts";
import { counted } from "../counted.ts";
import { translated } from "../language.ts";

export const search = translated("search", {
  tab: "Search",
  title: "Search all lines",
  label: "Search the lines of all executions",
  help: 'Words are AND; "a phrase", -not, /a regular expression/, and node: rank: stream: level: state: since: until:',
  moreExecutions: (count: number) => `${formatCount(count)} more executions have matches: narrow the search.`,
  where: (found: string, executions: number) => `${found}, in ${counted(executions, "execution", "executions")}`,
  onlyFirst: (words: string) => `${words}; only the first ones found are shown`,
  matchesOn: (node: string) => `Matches on ${node}`,
  more: (count: number) => `${formatCount(count)} more`,
});

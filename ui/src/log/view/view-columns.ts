import type { Item } from "../feed/log-row.ts";
import type { LogSource } from "../feed/log-source.ts";
import type { NodeLabel } from "./row-look.ts";

/** Longer node names are cut; the tooltip shows them in full. */
const MAX_LABEL_CHARACTERS = 20;
const LEAST_DIGITS = 4;

interface Columns {
  readonly sources: readonly LogSource[];
  readonly labels: readonly NodeLabel[];
  readonly items: readonly Item[];
}

/** Widths of the columns before the text, in characters, so that they do not move with the log. */
export function viewColumns({ sources, labels, items }: Columns): Record<string, string> {
  const isFolded = items.find((item) => item.kind === "lines")?.fold !== undefined;
  const digits = sources.reduce((most, { lastN }) => Math.max(most, String(lastN).length), LEAST_DIGITS);
  const longest = labels.reduce((most, { text }) => Math.max(most, text.length), 0);
  const label = isFolded ? MAX_LABEL_CHARACTERS : longest;
  return { "--n-width": `${digits}ch`, "--label-width": `${Math.min(label, MAX_LABEL_CHARACTERS)}ch` };
}

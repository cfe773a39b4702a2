import { formatNodeRange } from "../../text/nodes/node-range.ts";
import { formatDuration } from "../../text/time/duration.ts";
import type { AnswerRow } from "../../wire/fleet/answer.ts";
import type { AskedNode } from "../../wire/fleet/asked-node.ts";
import { reasonWords } from "../../wire/fleet/refusal.ts";
import type { Io } from "../command.ts";
import { formatBytes } from "../remote/byte-text.ts";
import type { Output } from "../remote/output.ts";
import { note } from "../remote/session.ts";
import { printTable } from "../remote/table.ts";

const WORDS: Readonly<Record<AskedNode["answer"], string>> = {
  complete: "answered",
  noop: "nothing to answer",
  failed: "could not answer",
  started: "began to look, and did not end in time",
  refused: "refuses the question",
  waiting: "cannot verify the question at the moment",
  absent: "absent",
  silent: "does not answer",
};

/** Rows of nodes as one table, which grows as they answer. */
export class AnswerTable {
  readonly #output: Output;
  #names: readonly string[] = [];
  #widths: readonly number[];

  /** @param nodes that are asked */
  constructor(output: Output, nodes: readonly string[]) {
    this.#output = output;
    this.#widths = [Math.max(...nodes.map((node) => node.length))];
  }

  async add(said: readonly AskedNode[]): Promise<void> {
    const { isTerminal } = this.#output;
    const rows = said.flatMap(({ node, rows: all }) => all.map((row) => ({ node, row })));
    if (rows.length === 0) return;
    const names = [...new Set(rows.flatMap(({ row }) => Object.keys(row)))];
    const columns = names.map((name) => ({
      title: titleOf(name, isTerminal),
      cell: ({ row }: { readonly row: AnswerRow }) => cellOf(name, row[name], isTerminal),
      ...(rows.every(({ row }) => typeof row[name] !== "string") ? { isRight: true as const } : {}),
    }));
    const isContinued = names.join() === this.#names.join();
    const least = isContinued ? this.#widths : this.#widths.slice(0, 1);
    const node = { title: "NODE", cell: (of: { readonly node: string }) => of.node };
    this.#widths = await printTable(this.#output, { rows, columns: [node, ...columns], least, isContinued });
    this.#names = names;
  }
}

/** Names the nodes that gave no answer: those with the same reason together. */
export function nameOthers(answers: readonly AskedNode[], io: Io): void {
  const nodes = new Map<string, string[]>();
  for (const each of answers)
    if (each.answer !== "complete") nodes.set(wordsOf(each), [...(nodes.get(wordsOf(each)) ?? []), each.node]);
  for (const [words, named] of nodes) note(io, `${formatNodeRange(named)}: ${words}`);
}

/** `freeBytes`: FREE BYTES; for a person, who sees the unit, FREE. */
function titleOf(name: string, isForPerson: boolean): string {
  const title = name.replace(/[A-Z]/g, " $&").toUpperCase();
  return isForPerson ? title.replace(/(?<=.) (?:BYTES|SECONDS)$/, "") : title;
}

/** Bytes and seconds are for a person in units of their size, for a program as they are. */
function cellOf(name: string, value: AnswerRow[string] | undefined, isForPerson: boolean): string {
  if (value === undefined || value === null) return "-";
  if (!isForPerson || typeof value !== "number") return String(value);
  if (/bytes$/i.test(name)) return formatBytes(value);
  return /seconds$/i.test(name) ? formatDuration(value * 1_000) : String(value);
}

function wordsOf({ answer, why, text }: AskedNode): string {
  const reason = reasonWords({ why, text });
  return `${WORDS[answer]}${reason === "" ? "" : `: ${reason}`}`;
}

import type { AnswerRow } from "../../wire/fleet/answer.ts";
import type { AskedNode } from "../../wire/fleet/asked-node.ts";
import { reasonWords } from "../../wire/fleet/refusal.ts";
import type { Io } from "../command.ts";
import { formatBytes } from "../keeping/byte-text.ts";
import type { Output } from "../remote/output.ts";
import { note } from "../remote/session.ts";
import { printTable } from "../remote/table.ts";

/** Not all of them gave an answer. */
const NOT_ALL_CODE = 125;

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

/** Prints the rows of all nodes as one table, and names the nodes that gave none. Resolves with the exit code. */
export async function printAnswers(
  answers: readonly AskedNode[],
  { output, io, isJson }: { readonly output: Output; readonly io: Io; readonly isJson: boolean },
): Promise<number> {
  const code = answers.every(({ answer }) => answer === "complete") ? 0 : NOT_ALL_CODE;
  if (isJson) {
    for (const each of answers) await output.json(each);
    return code;
  }
  const rows = answers.flatMap(({ node, rows }) => rows.map((row) => ({ node, row })));
  const names = [...new Set(rows.flatMap(({ row }) => Object.keys(row)))];
  const columns = names.map((name) => ({
    title: titleOf(name),
    cell: ({ row }: { readonly row: AnswerRow }) => cellOf(name, row[name], output.isTerminal),
    ...(rows.every(({ row }) => typeof row[name] !== "string") ? { isRight: true as const } : {}),
  }));
  if (rows.length > 0)
    await printTable(output, { rows, columns: [{ title: "NODE", cell: ({ node }) => node }, ...columns] });
  for (const each of answers) if (each.answer !== "complete") note(io, `${each.node}: ${wordsOf(each)}`);
  return code;
}

/** `freeBytes`: FREE BYTES. */
function titleOf(name: string): string {
  return name.replace(/[A-Z]/g, " $&").toUpperCase();
}

/** Bytes are for a person in units of their size, for a program as they are. */
function cellOf(name: string, value: AnswerRow[string] | undefined, isForPerson: boolean): string {
  if (value === undefined || value === null) return "-";
  return isForPerson && typeof value === "number" && /bytes$/i.test(name) ? formatBytes(value) : String(value);
}

function wordsOf({ answer, why, text }: AskedNode): string {
  const reason = reasonWords({ why, text });
  return `${WORDS[answer]}${reason === "" ? "" : `: ${reason}`}`;
}

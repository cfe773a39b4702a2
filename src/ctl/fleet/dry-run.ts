import type { DryRunOnNode } from "../../wire/fleet/dry-run.ts";
import { reasonWords } from "../../wire/fleet/refusal.ts";
import type { Output } from "../remote/output.ts";
import { printTable } from "../remote/table.ts";

/** Not all of them would. */
const NOT_ALL_CODE = 125;

const WORDS: Readonly<Record<string, string>> = {
  would: "would start it",
  waiting: "would wait",
  refused: "would refuse it",
  failed: "would fail",
  absent: "absent",
  silent: "does not answer",
};
const REASONS: Readonly<Record<string, string>> = {
  cwd: "the folder is missing there, or closed to you",
  disk: "its disk is full",
  directory: "its directory of users does not answer",
  clock: "its clock is behind",
};

/** Prints what the nodes say. Resolves with the exit code. */
export async function printDryRun(
  output: Output,
  { nodes, isJson }: { readonly nodes: readonly DryRunOnNode[]; readonly isJson: boolean },
): Promise<number> {
  if (isJson) for (const each of nodes) await output.json(each);
  else
    await printTable(output, {
      rows: nodes,
      columns: [
        { title: "NODE", cell: ({ node }) => node },
        { title: "ANSWER", cell: wordsOf, look: ({ answer }) => (answer === "would" ? "32" : "31") },
      ],
    });
  return nodes.every(({ answer }) => answer === "would") ? 0 : NOT_ALL_CODE;
}

function wordsOf({ answer, why, text }: DryRunOnNode): string {
  const reason = reasonWords({ why, text }, REASONS);
  return `${WORDS[answer]}${reason === "" ? "" : `: ${reason}`}`;
}

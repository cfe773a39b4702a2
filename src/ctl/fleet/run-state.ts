import { reasonWords } from "../../wire/fleet/refusal.ts";
import type { RunOnNode, RunView } from "../../wire/fleet/run-view.ts";
import type { Output } from "../remote/output.ts";
import { printTable } from "../remote/table.ts";

/** Not started, or nobody knows. */
const NOT_RUN_CODE = 125;

const LOOKS: Readonly<Partial<Record<RunOnNode["state"], string>>> = {
  started: "34",
  finished: "32",
  failed: "31",
  refused: "31",
  unknown: "33",
  expired: "33",
  waiting: "33",
  unconfirmed: "33",
};

/** Like `failed, exit code 3` or `refused: The node has no such user`. */
export function stateWords({ state, why, text, code, signal, by }: RunOnNode): string {
  const reason = reasonWords({ why, text });
  const how = signal !== null ? `, ${signal}` : code !== null && code !== 0 ? `, exit code ${code}` : "";
  const asked = by === "" ? "" : `, stopped by ${by}`;
  return `${state}${how}${asked}${reason === "" ? "" : `: ${reason}`}`;
}

/** 0: finished everywhere. 125: on some node not started, or nobody knows. Otherwise the highest exit code. */
export function exitCodeOf({ nodes }: RunView): number {
  const codes = nodes.map(({ state, code, signal }) => {
    if (state === "finished") return 0;
    if (state !== "failed" || (code === null && signal === null)) return NOT_RUN_CODE;
    return code ?? 1;
  });
  return codes.includes(NOT_RUN_CODE) ? NOT_RUN_CODE : Math.max(...codes);
}

export async function printStates(output: Output, { nodes }: RunView, wordsOf = stateWords): Promise<void> {
  await printTable(output, {
    rows: nodes,
    columns: [
      { title: "NODE", cell: ({ node }) => node },
      { title: "ID", cell: ({ x }) => x },
      { title: "STATE", cell: wordsOf, look: ({ state }) => LOOKS[state] },
    ],
  });
}

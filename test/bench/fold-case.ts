import { fileURLToPath } from "node:url";
import { run } from "../support/processes.ts";
import type { Case, Figures } from "./bench.ts";

const LINES = 10_000_000;
const LOAD = fileURLToPath(new URL("fold-load.js", import.meta.url));

/** Equal lines of many nodes, folded in bounded memory. */
export function foldCase(): Case {
  return {
    name: "fold",
    about: `${LINES} lines of 1000 nodes, half of them printed by every node and the others all different, folded in one process; times in them are ignored. Memory is the process's greatest resident size, Node's own included.`,
    besides: "",
    cells: [
      {
        name: "10 M lines, 5 M of them different",
        metrics: [
          { name: "lines/s", unit: "lines/s", judge: "value" },
          { name: "memory", unit: "MiB", judge: "value", goal: { atMost: 512 } },
        ],
        ours: folded,
      },
    ],
  };
}

async function folded(): Promise<Figures> {
  const { code, stdout, stderr } = await run(process.execPath, [LOAD, String(LINES)]);
  if (code !== 0) throw new Error(`The fold ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

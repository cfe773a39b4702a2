import { cpus, totalmem } from "node:os";
import type { Case, Result } from "./bench.ts";
import type { Spread } from "./measure.ts";

/** The machine that figures belong to. */
export function machine(): string {
  const [first] = cpus();
  const memoryGiB = Math.round(totalmem() / 1024 ** 3);
  return `${first?.model.trim()}, ${cpus().length} cores, ${memoryGiB} GiB, Node ${process.version}, ${process.platform}`;
}

/** A Markdown table of a case, as the README quotes it. */
export function table(bench: Case, results: readonly Result[]): string {
  const rows = results.map((result) => {
    const goal =
      result.goal === undefined
        ? ""
        : "atLeast" in result.goal
          ? `≥ ${result.goal.atLeast}`
          : `≤ ${result.goal.atMost}`;
    const verdict = result.goal === undefined ? "" : result.isMet ? "met" : "**missed**";
    const cells = [
      result.cell,
      `${result.metric}, ${result.unit}`,
      show(result.ours),
      show(result.beside),
      show(result.ratio),
      goal,
      verdict,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const head = `| ${bench.name} | figure | ours | ${bench.besides} | ratio | goal | |\n|---|---|---|---|---|---|---|`;
  return [`${bench.about}\n`, head, ...rows].join("\n");
}

function show(values: Spread | undefined): string {
  if (values === undefined) return "";
  return `${figure(values.median)} (${figure(values.min)}–${figure(values.max)})`;
}

function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}

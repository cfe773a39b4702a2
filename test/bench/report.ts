import { cpus, totalmem } from "node:os";
import type { Case, Goal, Metric, Result } from "./bench.ts";
import type { Spread } from "./statistics.ts";

/** The machine that figures belong to. */
export function machine(): string {
  const [first] = cpus();
  const memoryGiB = Math.round(totalmem() / 1024 ** 3);
  return `${first?.model.trim()}, ${cpus().length} cores, ${memoryGiB} GiB, Node ${process.version}, ${process.platform}`;
}

/** The section of a case on the page of figures: title, machine, day and table. */
export function pageSection(bench: Case, results: readonly Result[], rounds: number): string {
  const day = new Date().toISOString().slice(0, 10);
  return `## ${bench.name}\n\n${machine()}; ${rounds} rounds, ${day}.\n\n${table(bench, results)}`;
}

/** A Markdown table of a case. */
export function table(bench: Case, results: readonly Result[]): string {
  const rows = results.map((result) => {
    const verdict = result.goal === undefined ? "" : result.isMet ? "met" : "**missed**";
    const cells = [
      result.cell,
      result.metric === result.unit ? result.unit : `${result.metric}, ${result.unit}`,
      shown(result.ours),
      shown(result.beside),
      shown(result.compared, SIGNS[result.judge]),
      goalText(result.goal),
      verdict,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  const head = `| ${bench.name} | figure | ours | ${bench.besides} | compared | goal | |\n|---|---|---|---|---|---|---|`;
  return [`${wrapped(bench.about)}\n`, head, ...rows].join("\n");
}

/** Text in lines of at most 120 characters, as the pages are written. */
function wrapped(text: string): string {
  return text.replace(/(.{1,119}\S)(?: |$)/g, "$1\n").trimEnd();
}

/** Prefix of a comparison. A difference shows its own minus. */
const SIGNS: Readonly<Record<Metric["judge"], string>> = { ratio: "× ", value: "× ", difference: "+" };

function shown(values: Spread | undefined, sign = ""): string {
  // Nothing was measured, or a ratio to nothing.
  if (values === undefined || !Number.isFinite(values.median)) return "";
  const signed = (value: number) => (value < 0 ? "" : sign) + figure(value);
  return `${signed(values.median)} (${figure(values.min)}–${figure(values.max)})`;
}

function goalText(goal: Goal | undefined): string {
  if (goal === undefined) return "";
  return "atLeast" in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
}

function figure(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en");
  return value === 0 ? "0" : value.toPrecision(3);
}

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Case, measureCell, type Result } from "./bench.ts";
import { budgetOf, checkBudget } from "./budget.ts";
import { commandTimeCase } from "./command-time-case.ts";
import { deletionCase } from "./deletion-case.ts";
import { diskCase } from "./disk-case.ts";
import { fanOutCase } from "./fan-out-case.ts";
import { fleetCase } from "./fleet-case.ts";
import { floodCase } from "./flood-case.ts";
import { foldCase } from "./fold-case.ts";
import { gateCase } from "./gate-case.ts";
import { growthCase } from "./growth-case.ts";
import { historyCase } from "./history-case.ts";
import { ingestCase } from "./ingest-case.ts";
import { latencyCase } from "./latency-case.ts";
import { loopCase } from "./loop-case.ts";
import { manyCase } from "./many-case.ts";
import { mlrunCase } from "./mlrun-case.ts";
import { updatePage } from "./page.ts";
import { readingCase } from "./reading-case.ts";
import { machine, pageSection, table } from "./report.ts";
import { restartCase } from "./restart-case.ts";
import { searchCase } from "./search-case.ts";
import { startCase } from "./start-case.ts";
import { viewerCase } from "./viewer-case.ts";
import { wholePathCase } from "./whole-path-case.ts";

const HELP = `Usage: npm run bench -- [--rounds N] [--cell TEXT] [--check | --save] [--page] [CASE]...

Measures us beside what a user would run instead, in turn, and prints medians (lowest-highest) and ratios.
Nothing else may run meanwhile. Results go to test/bench/results/latest.json.

  --rounds N   rounds of each cell (5)
  --cell TEXT  only cells with this text in their names
  --packed-gb N  also search packed logs of N GB (0); they take two minutes and 0.2 GB of disk for each GB
  --history-gb N  mlctl on a history of N GB instead of 1.4
  --check      fail (exit code 1) when a figure is worse than test/bench/budget.json by more than its spread
  --save       make what was reached the budget
  --page       write the cases that were measured into test/bench/README.md; not with --cell
`;

const FOLDER = new URL("../../../test/bench/", import.meta.url);
const BUDGET = new URL("budget.json", FOLDER);
const PAGE = new URL("README.md", FOLDER);
const LINES = 500_000;
const GROWTH_LINES = 300_000;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    cell: { type: "string", default: "" },
    check: { type: "boolean", default: false },
    save: { type: "boolean", default: false },
    "packed-gb": { type: "string", default: "0" },
    "history-gb": { type: "string", default: "0" },
    page: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const cases: readonly Case[] = [
  ingestCase(LINES),
  wholePathCase(LINES),
  latencyCase(LINES),
  mlrunCase(),
  gateCase(LINES),
  commandTimeCase(LINES),
  floodCase(),
  loopCase(),
  fanOutCase(),
  growthCase(GROWTH_LINES),
  readingCase(),
  startCase(),
  manyCase(),
  restartCase(),
  deletionCase(),
  diskCase(),
  foldCase(),
  viewerCase(),
  searchCase(Number(values["packed-gb"])),
  historyCase(Number(values["history-gb"])),
  fleetCase(),
];

if (values.help) process.stdout.write(`${HELP}\nCases: ${cases.map(({ name }) => name).join(", ")}\n`);
else process.exitCode = await main(positionals, Number(values.rounds));

async function main(names: readonly string[], rounds: number): Promise<number> {
  if (!(Number.isInteger(rounds) && rounds > 0))
    throw new RangeError("Cannot measure: --rounds takes a whole number above 0");
  // Ends processes and removes gigabytes when interrupted.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted(signal));
  for (const name of ["packed-gb", "history-gb"] as const)
    if (!(Number(values[name]) >= 0)) throw new RangeError(`Cannot measure: --${name} takes a number from 0 on`);
  if (values.page && values.cell !== "") throw new RangeError("Cannot write the page: --cell measures parts of cases");
  const unknown = names.filter((name) => !cases.some((known) => known.name === name));
  if (unknown.length > 0) throw new RangeError(`Cannot measure ${unknown.join(", ")}: there is no such case`);
  process.stdout.write(`${machine()}; ${rounds} rounds, medians (lowest–highest)\n\n`);
  const results: Result[] = [];
  const problems: string[] = [];
  const sections = new Map<string, string>();
  for (const bench of cases.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const measured = await measureCase(bench, { rounds, problems });
    if (measured.length === 0) continue;
    process.stdout.write(`${table(bench, measured)}\n\n`);
    sections.set(bench.name, pageSection(bench, measured, rounds));
    results.push(...measured);
    writeResults(results, rounds);
  }
  const budget = readFileSync(BUDGET, "utf8");
  if (values.page) writeFileSync(PAGE, updatePage(readFileSync(PAGE, "utf8"), sections));
  if (values.save) writeFileSync(BUDGET, budgetOf(results, budget));
  if (values.check) problems.push(...checkBudget(results, budget));
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}

function interrupted(signal: string): never {
  process.stderr.write(`Ended by ${signal}\n`);
  process.exit(1);
}

function writeResults(results: readonly Result[], rounds: number): void {
  const report = { machine: machine(), rounds, at: new Date().toISOString(), results };
  mkdirSync(new URL("results/", FOLDER), { recursive: true });
  writeFileSync(new URL("results/latest.json", FOLDER), `${JSON.stringify(report, null, 2)}\n`);
}

/** Reports a failing cell as a problem, and still measures the others. */
async function measureCase(bench: Case, run: { rounds: number; problems: string[] }): Promise<Result[]> {
  const measured: Result[] = [];
  for (const cell of bench.cells.filter(({ name }) => name.includes(values.cell))) {
    const name = `${bench.name}: ${cell.name}`;
    process.stderr.write(`${name}${cell.skip === undefined ? "" : `: skipped, ${cell.skip}`}\n`);
    if (cell.skip !== undefined) continue;
    try {
      measured.push(...(await measureCell(bench.name, cell, run.rounds)));
    } catch (error) {
      run.problems.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return measured;
}

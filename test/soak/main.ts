import { parseArgs } from "node:util";
import { closeCleanupLevel } from "../support/cleanup.ts";
import { keepTempFolders } from "../support/temp-folder.ts";
import { collectorFaults } from "./collector-faults.ts";
import { crowds } from "./crowd.ts";
import { diskFaults } from "./disk-faults.ts";
import { fleetKills } from "./fleet-kills.ts";
import { fleetRandomKills } from "./fleet-random-kills.ts";
import { fleetUnitKills } from "./fleet-unit-kills.ts";
import { gateMoments } from "./gate-moments.ts";
import { lastMoments } from "./last-moments.ts";
import { linkFaults } from "./link-fault.ts";
import { mlrunFaults, mlrunKilled } from "./mlrun-faults.ts";
import { networkFaults } from "./network-faults.ts";
import { relayFaults } from "./relay-faults.ts";
import { type Scenario, Unavailable, type Verdict } from "./scenario.ts";

const HELP = `Usage: npm run soak -- [--short] [CASE]...

Injects faults into a whole installation of real parts, many times in 200,000 lines or more, and counts the lines in the
collector's files afterwards. Says on stderr how far it is. Exits with 1 when a case fails; the folders of that case stay,
and are named. CASE: only cases with this text in their names.

  --short  the sizes of npm test
`;

const SAY_EVERY_MS = 10_000;
const IS_ROOT = process.getuid?.() === 0;
const scenarios: readonly Scenario[] = [
  ...collectorFaults,
  ...diskFaults,
  ...lastMoments,
  ...gateMoments,
  ...linkFaults,
  ...mlrunFaults,
  mlrunKilled,
  ...networkFaults,
  ...relayFaults,
  ...crowds,
  fleetKills,
  fleetUnitKills,
  fleetRandomKills,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { short: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
});
if (values.help) process.stdout.write(`${HELP}\nCases:\n${scenarios.map(({ name }) => `  ${name}\n`).join("")}`);
else process.exitCode = await main(positionals, values.short);

async function main(texts: readonly string[], isShort: boolean): Promise<number> {
  // Cleans up when interrupted.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted(signal));
  const wanted = scenarios.filter(({ name }) => texts.length === 0 || texts.some((text) => name.includes(text)));
  if (wanted.length === 0) throw new RangeError(`Cannot run ${texts.join(", ")}: there is no such case`);
  process.stdout.write("| case | injections | lines | exactly once | in order | complete | duration |\n");
  process.stdout.write("|---|---|---|---|---|---|---|\n");
  const problems: string[] = [];
  for (const scenario of wanted) {
    if (scenario.needsRoot === true && !IS_ROOT) {
      process.stdout.write(`| ${scenario.name} | skipped: needs root | | | | | |\n`);
      continue;
    }
    const startedAtMs = performance.now();
    const size = isShort ? scenario.short : scenario.long;
    const found: string[] = [];
    let skipped: string | undefined;
    const outcome = await scenario.run(size, progressOf(scenario.name)).catch((error: unknown) => {
      if (error instanceof Unavailable) skipped = error.message;
      found.push(`${scenario.name}: ${error instanceof Error ? error.stack : String(error)}`);
      return undefined;
    });
    if (skipped !== undefined) {
      process.stdout.write(`| ${scenario.name} | skipped: ${skipped} | | | | | |\n`);
      await closeCleanupLevel();
      continue;
    }
    if (outcome !== undefined) found.push(...problemsOf(scenario.name, outcome, size.lines));
    if (found.length > 0) found.push(`${scenario.name}: everything is kept in ${keepTempFolders().join(", ")}`);
    problems.push(...found);
    for (const problem of found) process.stderr.write(`${problem}\n`);
    await closeCleanupLevel().catch((error: unknown) => problems.push(`${scenario.name}: cleaning up: ${error}`));
    const seconds = Math.round((performance.now() - startedAtMs) / 1000);
    process.stdout.write(`${row(scenario.name, outcome, seconds)}\n`);
  }
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}

/** Prints at most once in `SAY_EVERY_MS` how far a case is, and since when. */
function progressOf(name: string): (words: string) => void {
  const startedAtMs = performance.now();
  let saidAtMs = startedAtMs - SAY_EVERY_MS;
  return (words) => {
    const nowMs = performance.now();
    if (nowMs - saidAtMs < SAY_EVERY_MS) return;
    saidAtMs = nowMs;
    process.stderr.write(`${name}: ${words}, ${Math.round((nowMs - startedAtMs) / 1000)} s\n`);
  };
}

function row(name: string, verdict: Verdict | undefined, seconds: number): string {
  if (verdict === undefined) return `| ${name} | failed | | | | | ${seconds} s |`;
  const { injections, lines, isExactlyOnce, isInOrder, isComplete } = verdict;
  const answers = [isExactlyOnce, isInOrder, isComplete].map((is) => (is ? "yes" : "**no**"));
  return `| ${name} | ${injections} | ${lines.toLocaleString("en")} | ${answers.join(" | ")} | ${seconds} s |`;
}

function problemsOf(name: string, verdict: Verdict, lines: number): string[] {
  const problems = verdict.problems.map((problem) => `${name}: ${problem}`);
  const isWhole = verdict.isExactlyOnce && verdict.isInOrder && verdict.isComplete && verdict.lines >= lines;
  return isWhole ? problems : [...problems, `${name}: not every line is there once, in order and complete`];
}

function interrupted(signal: string): never {
  process.stderr.write(`Ended by ${signal}\n`);
  process.exit(1);
}

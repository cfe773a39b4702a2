/** A sample job rank's view of its process. */
interface SampleJobPorts {
  readonly rank: number;
  readonly size: number;
  /** Real input: texts, by name. */
  readonly files: ReadonlyMap<string, string>;
  out(text: string): void;
  err(text: string): void;
  pause(ms: number): Promise<void>;
}

const BAR_STEPS = 40;
const PAUSE_MS = 400;
const GREEN = "\u001b[32m";
const YELLOW = "\u001b[33m";
const BOLD = "\u001b[1m";
const PLAIN = "\u001b[0m";

/**
 * One rank of a small distributed program: counts the words in its share of some texts. Its output is typical: lines,
 * colours, warnings on stderr, a progress bar that redraws itself, one very long line; and the last rank fails.
 *
 * @returns The exit code.
 */
export async function runSampleJob(ports: SampleJobPorts): Promise<number> {
  const { rank, size, files, out, err, pause } = ports;
  out(`${BOLD}rank ${rank} of ${size}${PLAIN} counts words in ${files.size} files\n`);
  const counts = new Map<string, number>();
  let index = 0;
  for (const [name, text] of files) {
    index += 1;
    if (index % size !== rank % size) continue;
    const words = text.toLowerCase().match(/\p{L}{3,}/gu) ?? [];
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    out(`${GREEN}ok${PLAIN}   ${name.padEnd(40)} ${words.length} words, ${text.length} characters\n`);
    if (words.length === 0) err(`${YELLOW}warning${PLAIN} ${name} has no words\n`);
    await pause(PAUSE_MS);
  }
  for (let step = 1; step <= BAR_STEPS; step += 1) {
    const bar = "#".repeat(step).padEnd(BAR_STEPS, ".");
    out(`\rsorting [${bar}] ${Math.round((step / BAR_STEPS) * 100)} %`);
    await pause(PAUSE_MS / 2);
  }
  out("\n");
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  out(
    `top ${sorted
      .slice(0, 8)
      .map(([word, count]) => `${word}=${count}`)
      .join(" ")}\n`,
  );
  out(`${JSON.stringify(Object.fromEntries(sorted.slice(0, 800)))}\n`);
  if (rank === size - 1) {
    err(`${YELLOW}error${PLAIN} rank ${rank} cannot write its result: no space left in its share\n`);
    return 3;
  }
  out(`${GREEN}done${PLAIN} ${sorted.length} different words\n`);
  return 0;
}

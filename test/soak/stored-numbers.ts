import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Octets of a CRI line before its text: time, stream, tag. */
const PREFIX_BYTES = "2026-11-20T04:17:44.960662Z stdout F ".length;

/** Numbers of one node's `seq` in the collector's files. */
interface StoredNumbers {
  readonly stored: number;
  readonly isExactlyOnce: boolean;
  readonly isInOrder: boolean;
}

/** Logs of a node's executions of a command, those of late lines apart. */
function logsOf(dataDir: string, node: string, command = "seq"): { main: string[]; late: string[] } {
  const folder = join(dataDir, "logs");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => !name.startsWith("_"));
  const ending = (end: string) => names.filter((name) => name.endsWith(`.${node}.${command}${end}`));
  return {
    main: ending(".log").map((name) => join(folder, name)),
    late: ending(".late.log").map((name) => join(folder, name)),
  };
}

export function storedBytes(dataDir: string, node: string): number {
  const { main, late } = logsOf(dataDir, node);
  return [...main, ...late].reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** Octets of the log of `seq count`. */
export function wholeLogBytes(count: number): number {
  let bytes = 0;
  for (let n = 1; n <= count; n += 1) bytes += PREFIX_BYTES + String(n).length + 1;
  return bytes;
}

/** Texts of a log's lines, without their CRI heads. */
export function storedTexts(path: string): string[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => line.slice(PREFIX_BYTES));
}

/** Counts every number from 1 to `count` in a node's files. */
export function countNumbers(dataDir: string, node: string, count: number): StoredNumbers {
  const numbers = textsOf(dataDir, node);
  const distinct = new Set(numbers);
  let hasEach = true;
  for (let n = 1; n <= count; n += 1) hasEach &&= distinct.has(String(n));
  return {
    stored: numbers.length,
    isExactlyOnce: hasEach && numbers.length === count,
    isInOrder: numbers.every((text, i) => text === String(i + 1)),
  };
}

/** Numbers from 1 to `count` that are not in a node's files: the first ranges, for people. */
export function missingNumbers(dataDir: string, node: string, count: number): string[] {
  const stored = new Set(textsOf(dataDir, node));
  const ranges: [number, number][] = [];
  for (let n = 1; n <= count; n += 1) {
    if (stored.has(String(n))) continue;
    const last = ranges.at(-1);
    if (last?.[1] === n - 1) last[1] = n;
    else ranges.push([n, n]);
  }
  if (ranges.length === 0) return [];
  const told = ranges.slice(0, 20).map(([first, last]) => `${first}-${last}`);
  return [
    `${node} lacks ${told.join(", ")}${ranges.length > told.length ? ` and ${ranges.length - told.length} more` : ""}`,
  ];
}

/** Texts of a node's lines in file order, late lines at the end. */
function textsOf(dataDir: string, node: string): string[] {
  for (;;) {
    const { main, late } = logsOf(dataDir, node);
    try {
      return [...main, ...late].flatMap((path) =>
        readFileSync(path, "utf8")
          .split("\n")
          .slice(0, -1)
          .map((line) => line.slice(PREFIX_BYTES)),
      );
    } catch (error) {
      // Late lines were merged meanwhile: once for each file.
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}

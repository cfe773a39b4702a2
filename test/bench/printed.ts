import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { lastingFolder } from "./bench-folder.ts";

const BLOCK_LINES = 4_096;

/** A training program's line, with its number, padded to a length. */
export function sampleText(n: number, bytes: number): string {
  return `epoch 3 step ${n} loss=0.${1234 + (n % 8_000)} accuracy=0.9876 lr=0.001 `.padEnd(bytes, "x").slice(0, bytes);
}

const files = new Map<string, string>();

/** A file of lines, for a command that prints as fast as can be: cat. Made once. */
export function linesFile({ lines, lineBytes }: { readonly lines: number; readonly lineBytes: number }): string {
  const name = `${lines}x${lineBytes}`;
  const known = files.get(name);
  if (known !== undefined) return known;
  const path = join(lastingFolder(), name);
  const fd = openSync(path, "w");
  for (let from = 1; from <= lines; from += BLOCK_LINES) {
    const count = Math.min(BLOCK_LINES, lines - from + 1);
    writeSync(fd, Array.from({ length: count }, (_, i) => `${sampleText(from + i, lineBytes)}\n`).join(""));
  }
  closeSync(fd);
  if (statSync(path).size !== lines * (lineBytes + 1)) throw new Error(`Cannot write ${path}: it is cut`);
  files.set(name, path);
  return path;
}

/** A command that prints a file when a line comes on its stdin. */
export function printWhenTold(file: string): string[] {
  return ["sh", "-c", 'read go; exec cat "$1"', "sh", file];
}

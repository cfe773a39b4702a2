import { writeSync } from "node:fs";

export const STDOUT = 1;
const STDERR = 2;

export function warn(message: string): void {
  say(STDERR, `mlrun: ${message}`);
}

/** Not by Node's streams: they would make a pipe non-blocking for every process that shares it. */
export function say(fd: number, text: string): void {
  try {
    writeSync(fd, `${text}\n`);
  } catch {
    // Nobody reads it.
  }
}

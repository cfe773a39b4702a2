import { readFileSync } from "node:fs";

/** The text of a file; empty while it cannot be read. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

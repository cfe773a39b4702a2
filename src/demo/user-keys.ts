import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Nobody has more keys; each is trusted by each node of the demo. */
const MAX_KEYS = 16;

/** The public keys in a folder like ~/.ssh; none where there is none. */
export function userKeysIn(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".pub"));
    return names.slice(0, MAX_KEYS).map((name) => readFileSync(join(folder, name), "utf8").trim());
  } catch {
    return [];
  }
}

import { readFile } from "node:fs/promises";
import { CtlError } from "../command.ts";

/** Options of `mlctl relay-replay`, for `parseArgs` of node:util. */
export const REPLAY_OPTIONS = {
  collector: { type: "string" },
  node: { type: "string" },
  pki: { type: "string" },
  "state-dir": { type: "string", default: "/var/lib/marcologger-relay" },
  "disk-space": { type: "string", default: "1g" },
  insecure: { type: "boolean", default: false },
} as const;

/** The arguments of relay-replay, which `mlctl relay-config` writes into a comment of its file. */
export async function argumentsIn(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new CtlError(`Cannot read ${path}: ${error.message}`);
  });
  const [, words] = /^# mlctl relay-replay (--.*)$/m.exec(text) ?? [];
  if (words === undefined) throw new CtlError(`Cannot use ${path}: \`mlctl relay-config\` has not printed it`);
  return words.split(" ");
}

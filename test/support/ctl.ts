import { join } from "node:path";
import { type Result, run } from "./processes.ts";
import { program } from "./programs.ts";
import { tempFolder } from "./temp-folder.ts";

/** Runs the built mlctl. */
export function mlctl(...args: string[]): Promise<Result> {
  const [command, ...rest] = program("mlctl", ...args);
  return run(command, rest);
}

/** Makes a new authority with certificates of the collector and of some nodes. Resolves to its folder. */
export async function makePki(nodes: readonly string[], names: readonly string[] = []): Promise<string> {
  const folder = join(await tempFolder(), "pki");
  const commands = [["init", ...names.flatMap((name) => ["--name", name])], ...nodes.map((node) => ["issue", node])];
  for (const command of commands) {
    const result = await mlctl("pki", ...command, "--dir", folder);
    if (result.code !== 0)
      throw new Error(`mlctl pki ${command.join(" ")} ended with ${result.code}: ${result.stderr}`);
  }
  return folder;
}

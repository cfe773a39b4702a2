import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fakeExecution } from "./envelopes.ts";

/** Envelopes of an execution of `count` lines, with BEGIN and END. */
export function envelopesOf(count: number, text = "x"): { x: string; frames: string[] } {
  const a = fakeExecution();
  const lines = Array.from({ length: count }, (_, i) => a.lines(i + 1, [`${text}${i + 1}`]));
  return { x: a.x, frames: [a.begin(), ...lines, a.end(count)] };
}

/** The journal of an earlier start, as the relay's unit leaves it: file names to their lines. */
export async function earlierStart(
  stateDir: string,
  name: string,
  files: Readonly<Record<string, readonly string[] | string>>,
): Promise<string> {
  const folder = join(stateDir, "replay", name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [file, content] of Object.entries(files)) {
    const text = typeof content === "string" ? content : content.map((line) => `${line}\n`).join("");
    await writeFile(join(folder, file), text, { mode: 0o600 });
  }
  return folder;
}

import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterwards } from "./cleanup.ts";
import { run } from "./processes.ts";
import { ROOT } from "./programs.ts";
import { tempFolder } from "./temp-folder.ts";

/** Any access outside of allocated memory, and any undefined behaviour of C, ends the program. */
const SANITIZED = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const FLAGS = [..."-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror".split(" "), ...SANITIZED];

interface SanitizedProgram {
  /**
   * A fixture program. Under `startSanitized` it answers each case on its stdin with a line: a letter, the length in 4
   * octets, and the octets.
   */
  readonly program: string;
  /** Folder and names of the parsers' sources. */
  readonly folder: string;
  readonly sources: readonly string[];
  readonly libraries?: readonly string[];
  /** More variables for its process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A program of the fixtures with these sources, compiled with sanitizers. Resolves to its path. */
export async function compileSanitized(of: SanitizedProgram): Promise<string> {
  const { program, folder, sources, libraries = [] } = of;
  const binary = join(await tempFolder(), program);
  const files = [`test/fixtures/programs/${program}.c`, ...sources.map((name) => `${folder}/${name}.c`)];
  const built = await run("cc", [...FLAGS, `-I${folder}`, "-o", binary, ...files, ...libraries], { cwd: ROOT });
  if (built.code !== 0) throw new Error(`Cannot compile ${program}: ${built.stderr}`);
  return binary;
}

/** Starts such a program in its own process, and asks it one question at a time. */
export async function startSanitized(of: SanitizedProgram): Promise<(kind: string, bytes: Buffer) => Promise<string>> {
  const env = { ...process.env, ...of.environment };
  const child = spawn(await compileSanitized(of), [], { env, stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (bytes: Buffer) => {
    complaint += bytes.toString();
  });
  child.stdin.on("error", () => {});
  afterwards(() => void child.kill("SIGKILL"));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (kind, bytes) => {
    child.stdin.write(Buffer.concat([Buffer.from(kind), uint32(bytes.length), bytes]));
    const { value, done } = await answers.next();
    if (done === true) throw new Error(`${of.program} ended:\n${complaint}`);
    return value;
  };
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

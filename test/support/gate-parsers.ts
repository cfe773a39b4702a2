import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterwards } from "./cleanup.ts";
import { run } from "./processes.ts";
import { ROOT } from "./programs.ts";
import { tempFolder } from "./temp-folder.ts";

const PARSERS = ["begin", "begin-json", "frames", "subordinate"];
/** Every read and write outside of what was allocated, and everything that C leaves undefined, ends the program. */
const SANITIZED = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
const FLAGS = [..."-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Isrc/gate".split(" "), ...SANITIZED];

export interface ExecutionName {
  readonly x: string;
  readonly k: string;
}

export interface GateParsers {
  /** "whole HEAD_BYTES JSON_BYTES NAME", "more", "bad head" or "bad json". */
  begin(bytes: Buffer): Promise<string>;
  /** How many octets at the start are whole frames of this execution; negative when one may not pass. */
  frames(name: ExecutionName, bytes: Buffer): Promise<number>;
  /** The uid whose share this one has where /etc/subuid is such. */
  shareOf(uid: number, subuid: string): Promise<number>;
}

/** A program of the fixtures with these parts of the gate, compiled with sanitizers. */
export async function compileGateProgram(name: string, parts: readonly string[]): Promise<string> {
  const binary = join(await tempFolder(), name);
  const sources = [`test/fixtures/programs/${name}.c`, ...parts.map((part) => `src/gate/${part}.c`)];
  const built = await run("cc", [...FLAGS, "-o", binary, ...sources], { cwd: ROOT });
  if (built.code !== 0) throw new Error(`Cannot compile ${name}: ${built.stderr}`);
  return binary;
}

/** The parsers of the gate in a process of their own, compiled with sanitizers. One question at a time. */
export async function gateParsers(): Promise<GateParsers> {
  const binary = await compileGateProgram("gate_parsers", PARSERS);
  const child = spawn(binary, [], { stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (bytes: Buffer) => {
    complaint += bytes.toString();
  });
  child.stdin.on("error", () => {});
  afterwards(() => void child.kill("SIGKILL"));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  async function ask(kind: "B" | "F" | "S", bytes: Buffer): Promise<string> {
    child.stdin.write(Buffer.concat([Buffer.from(kind), uint32(bytes.length), bytes]));
    const { value, done } = await answers.next();
    if (done === true) throw new Error(`The gate's parsers ended:\n${complaint}`);
    return value;
  }
  return {
    begin: (bytes) => ask("B", bytes),
    frames: async ({ x, k }, bytes) => Number(await ask("F", Buffer.concat([Buffer.from(x + k), bytes]))),
    shareOf: async (uid, subuid) => Number(await ask("S", Buffer.concat([uint32(uid), Buffer.from(subuid)]))),
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

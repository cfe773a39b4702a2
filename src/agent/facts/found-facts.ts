import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "../../host/log.ts";
import { asRecord, parseJson } from "../../wire/record.ts";
import { AGENT_LIMITS } from "../limits.ts";
import type { Program } from "../programs/program-fields.ts";
import type { Looked } from "../programs/program-runner.ts";
import { programFault } from "../programs/trusted-program.ts";

interface FoundFactsOptions {
  /** `facts.d`: executables that print labels. */
  readonly folder: string;
  /** nvidia-smi, where there is one. */
  readonly gpuProgram: string;
  run(program: Program): Promise<Looked>;
  readonly log: Log;
  nowMs(): number;
}

/** Facts about the node that programs find: users select nodes by them. */
interface Found {
  readonly gpus: readonly string[];
  /** `KEY=VALUE` */
  readonly labels: readonly string[];
}

/** nvidia-smi(1): a line for each GPU. */
const GPU_ARGUMENTS = ["--query-gpu=name,memory.total", "--format=csv,noheader"];
/** Presence's bounds on labels. */
const MAX_FACTS = 64;
const MAX_CHARACTERS = 256;
const MAX_SCRIPTS = 16;

/** Looks at the start, every five minutes, and when a script has come, changed or gone. */
export class FoundFacts {
  readonly #options: FoundFactsOptions;
  #found: Found = { gpus: [], labels: [] };
  #stamp = "";
  #lookedMs = Number.NEGATIVE_INFINITY;
  #isLooking = false;

  constructor(options: FoundFactsOptions) {
    this.#options = options;
  }

  /** Results of the last look. */
  get found(): Found {
    return this.#found;
  }

  /** Called each second. */
  async look(): Promise<void> {
    const { nowMs, gpuProgram, folder } = this.#options;
    const scripts = scriptsIn(folder);
    const stamp = [gpuProgram, ...scripts].map(stampOf).join();
    const isDue = stamp !== this.#stamp || nowMs() - this.#lookedMs >= AGENT_LIMITS.findFactsEveryMs;
    if (this.#isLooking || !isDue) return;
    this.#isLooking = true;
    [this.#stamp, this.#lookedMs] = [stamp, nowMs()];
    try {
      const gpus = (await this.#run(gpuProgram, GPU_ARGUMENTS)) ?? "";
      const labels = new Map<string, string>();
      for (const path of scripts)
        for (const [key, value] of labelsOf(await this.#run(path, []))) if (!labels.has(key)) labels.set(key, value);
      this.#found = { gpus: wordsOf(gpus.split("\n")), labels: wordsOf([...labels].map((pair) => pair.join("="))) };
    } finally {
      this.#isLooking = false;
    }
  }

  /** Undefined if the program is missing, or has failed, which is logged. */
  async #run(path: string, args: readonly string[]): Promise<string | undefined> {
    const fault = programFault(path);
    if (fault === undefined) return undefined;
    const looked = fault === "" ? await this.#options.run({ argv: [path, ...args], env: [], input: "" }) : undefined;
    if (looked?.kind === "done") return looked.output;
    this.#options.log.event("error", "a program finds no facts", { path, fault: looked?.text ?? fault });
    return undefined;
  }
}

/** An object of JSON with plain values. */
function labelsOf(text: string | undefined): readonly (readonly [string, string])[] {
  const record = asRecord(parseJson(text ?? "")) ?? {};
  return Object.entries(record).flatMap(([key, value]) => {
    const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
    return isPlain && /^[A-Za-z_][\w./-]*$/.test(key) ? [[key, String(value)] as const] : [];
  });
}

function wordsOf(words: readonly string[]): readonly string[] {
  return words
    .map((word) => word.replace(/[\p{Cc}\p{Surrogate}]/gu, " ").trim())
    .filter((word) => word !== "" && word.length <= MAX_CHARACTERS)
    .slice(0, MAX_FACTS);
}

function scriptsIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => !name.startsWith("."));
    return names
      .sort()
      .slice(0, MAX_SCRIPTS)
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function stampOf(path: string): string {
  try {
    const { ino, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${path} ${ino} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return "";
  }
}

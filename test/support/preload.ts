import { join } from "node:path";
import { run } from "./processes.ts";
import { ROOT } from "./programs.ts";

/** Compiles a library of test/fixtures/programs for LD_PRELOAD into a folder. @returns Its path. */
export function compileLibrary(name: string, folder: string): Promise<string> {
  return compile(name, join(folder, `${name}.so`), ["-shared", "-fPIC", "-ldl"]);
}

/** Compiles a program of test/fixtures/programs into a folder. @returns Its path. */
export function compileProgram(name: string, folder: string): Promise<string> {
  return compile(name, join(folder, name), []);
}

async function compile(name: string, target: string, options: readonly string[]): Promise<string> {
  const source = join(ROOT, "test/fixtures/programs", `${name}.c`);
  const built = await run("cc", ["-o", target, source, ...options]);
  if (built.code !== 0) throw new Error(`Cannot compile ${source}: ${built.stderr}`);
  return target;
}

import { join } from "node:path";
import { run } from "./processes.ts";
import { ROOT } from "./programs.ts";

/** Compiles a library of test/fixtures/programs for LD_PRELOAD into a folder. @returns Its path. */
export async function compileLibrary(name: string, folder: string): Promise<string> {
  const [source, library] = [join(ROOT, "test/fixtures/programs", `${name}.c`), join(folder, `${name}.so`)];
  const built = await run("cc", ["-shared", "-fPIC", "-o", library, source, "-ldl"]);
  if (built.code !== 0) throw new Error(`Cannot compile ${source}: ${built.stderr}`);
  return library;
}

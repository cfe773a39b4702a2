import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../support/programs.ts";

test("the collector's bundle keeps the modules' constants: as variables they cost a fifth more CPU a line", async () => {
  const bundle = await readFile(join(ROOT, "dist/src/bin/mlcollector-main.mjs"), "utf8");
  expect(bundle).toMatch(/^const BACKSLASH(\$\d+)? = 92;$/m);
});

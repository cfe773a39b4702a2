import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../support/processes.ts";
import { program, ROOT } from "../support/programs.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Runs a program in a Node that claims another version. */
async function runIn(version: string, name: "mlrun" | "mlctl" | "mlcollector") {
  const fake = join(await tempFolder(), "fake-version.cjs");
  const versions = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });`;
  await writeFile(fake, versions);
  const [, script = ""] = name === "mlrun" ? ["", join(ROOT, "dist/src/bin/mlrun.cjs")] : program(name);
  return run(process.execPath, ["--require", fake, script, "--version"]);
}

test.each([
  ["mlrun", 125],
  ["mlctl", 1],
  ["mlcollector", 2],
] as const)("%s says which Node it needs on Debian 12's own, and ends with %d", async (name, code) => {
  const result = await runIn("18.20.4", name);
  expect(result).toMatchObject({ code, stdout: "" });
  expect(result.stderr).toMatch(
    new RegExp(`^${name}: Node 20\\.19 or newer is needed, \\S+ is 18\\.20\\.4: install one.*\n$`),
  );
});

test("accepts the oldest version that package.json names, and newer ones", async () => {
  const { engines } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  expect(engines.node).toBe(">=20.19");
  for (const version of ["20.19.0", "22.0.0", "100.1.0"])
    expect(await runIn(version, "mlctl")).toMatchObject({ code: 0 });
});

test("the version check imports nothing, so that an old Node can print its message", async () => {
  for (const name of ["mlctl", "mlcollector"]) {
    const text = await readFile(join(ROOT, `dist/src/bin/${name}.js`), "utf8");
    expect(text.match(/^import .*$/gm)).toEqual(['import { refuseOldNode } from "./node-floor.js";']);
  }
  expect(await readFile(join(ROOT, "dist/src/bin/node-floor.js"), "utf8")).not.toMatch(/^import /m);
});

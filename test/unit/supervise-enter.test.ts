import { mkdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { run } from "../support/processes.ts";
import { ROOT } from "../support/programs.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** linux/limits.h, with the NUL at its end. */
const PATH_MAX = 4_096;
/** `supervise.h` */
const CLOSED = 78;

/** The exit status of a dry run's question, for the user who runs the tests. */
async function enter(folder: string): Promise<number | null> {
  const { uid, username } = userInfo();
  const words = ["enter", String(uid), username];
  return (await run(join(ROOT, "dist/src/bin/mlsupervise"), words, { input: folder })).code;
}

test("a dry run's folder can be entered as mlrun would: from the home, or from the root", async () => {
  const folder = join(await tempFolder(), "there");
  await mkdir(folder);
  const fromHome = relative(userInfo().homedir, folder);
  for (const path of [folder, fromHome, `~/${fromHome}`, `~//${fromHome}`, "~", "~/", "~//", ""])
    expect([path, await enter(path)]).toEqual([path, 0]);
  for (const path of [join(folder, "gone"), `${fromHome}/gone`, "~/gone/x", "~nobody"])
    expect([path, await enter(path)]).toEqual([path, CLOSED]);
});

test("its path may be as long as Linux accepts one, and no longer", async () => {
  const longest = "/".repeat(PATH_MAX - 1);
  expect(await enter(longest)).toBe(0);
  expect(await enter(`${longest}/`)).toBe(CLOSED);
  expect(await enter(longest.repeat(4))).toBe(CLOSED);
});

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPam } from "../../src/auth/pam.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Holds the event loop until something is so; only ends what hangs after ten seconds. */
function holdUntil(isSo: () => boolean): void {
  const end = performance.now() + 10_000;
  while (!isSo()) if (performance.now() > end) throw new Error("Held the event loop in vain");
}

// libuv reaps all children that have ended as soon as one has: `late` while the loop turns for `first`.
test("an answer counts although its process was reaped before it was read", async () => {
  const folder = await tempFolder();
  const at = (name: string) => join(folder, name);
  const ask = async (name: string, script: string, onPrompt: () => Promise<string | undefined>) => {
    const program = at(name);
    await writeFile(program, `#!/bin/sh\ncd ${folder}\nhead -z -n 4 <&3 >/dev/null\n${script}`);
    await chmod(program, 0o755);
    const pam = createPam({ program, service: "none" });
    return () => pam({ user: "alice", password: undefined, address: "" }, onPrompt);
  };
  const pid = (name: string) => `echo "$$" >${name}.new; mv ${name}.new ${name}.pid`;
  const hasEnded = (name: string) =>
    existsSync(at(`${name}.pid`)) &&
    / Z /.test(readFileSync(`/proc/${readFileSync(at(`${name}.pid`), "utf8").trim()}/stat`, "utf8"));

  const noPrompt = async () => undefined;
  const first = await ask("first", `printf 'A1\\0' >&3\n${pid("first")}\n`, noPrompt);
  const late = await ask("late", `${pid("late")}\nuntil [ -e go ]; do :; done\nprintf 'A2\\0' >&3\n`, noPrompt);
  const asks = await ask(
    "asks",
    `printf 'ECode: \\0' >&3\n: >asked\nhead -z -n 1 <&3 >/dev/null\nprintf 'D\\0' >&3\n`,
    () => {
      writeFileSync(at("go"), "");
      holdUntil(() => hasEnded("late"));
      return Promise.resolve("1");
    },
  );
  const answers = [first(), late(), asks()];
  holdUntil(() => hasEnded("first") && existsSync(at("late.pid")) && existsSync(at("asked")));
  expect(await Promise.all(answers)).toEqual([
    { result: "accepted", uid: 1 },
    { result: "accepted", uid: 2 },
    { result: "denied" },
  ]);
});

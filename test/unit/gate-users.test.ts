import { expect, test } from "vitest";
import { run } from "../support/processes.ts";
import { compileSanitized } from "../support/sanitized.ts";

/** First uids and counts to entries and refusals of each. */
async function entriesOf(...uids: readonly number[]): Promise<string[]> {
  const program = await compileSanitized({ program: "gate_users", folder: "src/gate", sources: ["users"] });
  const { stdout, stderr } = await run(program, uids.map(String));
  expect(stderr).toBe("");
  return stdout.trimEnd().split("\n");
}

test("4,096 uids of a range of 65,536 share what 513 users have, and leave room for others", async () => {
  expect(await entriesOf(100_000, 4_096, 1_000, 500)).toEqual(["513 0", "500 0"]);
});

test("a range's users have entries of their own up to 512", async () => {
  expect(await entriesOf(1_000, 512, 1_512, 1, 1_513, 100)).toEqual(["512 0", "1 0", "0 0"]);
});

test("there are 4,096 entries, whatever the uids are", async () => {
  const ranges = Array.from({ length: 9 }, (_, i) => [i * 65_536, 512]).flat();
  expect(await entriesOf(...ranges)).toEqual([...Array.from({ length: 8 }, () => "512 0"), "0 512"]);
});

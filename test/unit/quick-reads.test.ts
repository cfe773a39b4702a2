import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { QuickReads } from "../../src/store/disk/quick-reads.ts";
import { afterwards } from "../support/cleanup.ts";
import { tempFolder } from "../support/temp-folder.ts";

const TEXT = "0123456789";

/** Reads of a file, each of which takes so long. */
async function readsTaking(ms: number): Promise<{ readAt: (at: number) => Promise<string>; looks: () => number }> {
  const path = join(await tempFolder(), "log");
  writeFileSync(path, TEXT);
  const fd = openSync(path, "r");
  afterwards(() => closeSync(fd));
  let [nowMs, looks] = [0, 0];
  const reads = new QuickReads(() => {
    looks += 1;
    nowMs += ms;
    return nowMs;
  });
  const readAt = async (at: number): Promise<string> => {
    const into = Buffer.alloc(4);
    return into.toString("latin1", 0, await reads.read(fd, into, at));
  };
  return { readAt, looks: () => looks };
}

test.each([0.01, 10])("the bytes at a place, fewer at the end, when a read takes %s ms", async (ms) => {
  const { readAt } = await readsTaking(ms);
  for (let at = 0; at <= TEXT.length; at += 1) expect(await readAt(at)).toBe(TEXT.slice(at, at + 4));
});

test("the event loop waits for a disk a few times, and never again for the same request", async () => {
  const [cached, slow] = [await readsTaking(0.01), await readsTaking(10)];
  for (let at = 0; at < 100; at += 1) await Promise.all([cached.readAt(0), slow.readAt(0)]);
  // Only a read at once looks at the clock, before and after.
  expect(cached.looks()).toBe(200);
  expect(slow.looks()).toBe(8);
});

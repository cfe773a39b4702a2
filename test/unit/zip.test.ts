import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ZippedFile, zipped } from "../../src/web/zip.ts";
import { tempFolder } from "../support/temp-folder.ts";

/** Checks every sum, and prints name, size and time of each file. */
const LIST = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for each in archive.infolist():
        print(each.filename, len(archive.read(each)), each.date_time, sep="|")`;

async function* pieces(...all: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* all;
}

test("another program reads the archive: names, times, sums, empty and long files", async () => {
  const changed = new Date("2026-11-30T12:34:56Z");
  const long = Array.from({ length: 40 }, () => randomBytes(65_536));
  const files: ZippedFile[] = [
    { name: "node1.train.txt", changed, bytes: pieces(Buffer.from("line 1\n"), Buffer.from("line 2\n")) },
    { name: "ñ.txt", changed, bytes: pieces() },
    { name: "long.txt", changed, bytes: pieces(...long) },
  ];
  const parts: Buffer[] = [];
  async function* all(): AsyncGenerator<ZippedFile> {
    yield* files;
  }
  for await (const part of zipped(all())) parts.push(part);
  const path = join(await tempFolder(), "all.zip");
  writeFileSync(path, Buffer.concat(parts));
  const listed = execFileSync("python3", ["-c", LIST, path], { encoding: "utf8", env: { PYTHONIOENCODING: "utf-8" } });
  const time = "(2026, 11, 30, 12, 34, 56)";
  expect(listed.trimEnd().split("\n")).toEqual([
    `node1.train.txt|14|${time}`,
    `ñ.txt|0|${time}`,
    `long.txt|${40 * 65_536}|${time}`,
  ]);
});

test("many small files come in small pieces to the end; one file too many ends the archive", async () => {
  async function* all(): AsyncGenerator<ZippedFile> {
    for (let i = 0; i < 100; i += 1) yield { name: `${i}`.padStart(100, "f"), changed: new Date(0), bytes: pieces() };
  }
  let longest = 0;
  for await (const part of zipped(all(), 100)) longest = Math.max(longest, part.length);
  expect(longest).toBeLessThan(200);
  const drained = async () => {
    for await (const _ of zipped(all(), 99));
  };
  await expect(drained()).rejects.toThrow("Cannot zip another file: limit is 99");
});

test("a reader that goes ends the source; a source that fails ends the archive", async () => {
  let isEnded = false;
  async function* endless(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield randomBytes(65_536);
    } finally {
      isEnded = true;
    }
  }
  async function* one(bytes: AsyncIterable<Buffer>): AsyncGenerator<ZippedFile> {
    yield { name: "a", changed: new Date(0), bytes };
  }
  let read = 0;
  for await (const part of zipped(one(endless()))) {
    read += part.length;
    if (read > 1_000_000) break;
  }
  await expect.poll(() => isEnded).toBe(true);
  async function* failing(): AsyncGenerator<Buffer> {
    yield Buffer.from("x");
    throw new Error("The disk is gone");
  }
  const drained = async () => {
    for await (const _ of zipped(one(failing())));
  };
  await expect(drained()).rejects.toThrow("The disk is gone");
});

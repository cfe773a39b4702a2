import { pbkdf2 } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type AppendFile, OpenFiles } from "../../src/store/disk/open-files.ts";
import { afterwards } from "../support/cleanup.ts";
import { run } from "../support/processes.ts";
import { tempFolder } from "../support/temp-folder.ts";

async function files(count: number): Promise<AppendFile[]> {
  const folder = await tempFolder();
  return Array.from({ length: count }, (_, i) => {
    const path = join(folder, String(i));
    closeSync(openSync(path, "w"));
    return { path, size: 0 };
  });
}

describe("logs held open for writing", () => {
  it("stay within the limit, and each gets its own lines", async () => {
    const open = new OpenFiles(3);
    afterwards(() => open.closeAll());
    const all = await files(10);
    for (let round = 0; round < 5; round += 1) {
      for (const [i, file] of all.entries()) {
        open.append(file, Buffer.from(`${round} ${i}\n`));
        expect(open.count).toBeLessThanOrEqual(3);
      }
    }
    for (const [i, file] of all.entries()) {
      expect(readFileSync(file.path, "utf8")).toBe([0, 1, 2, 3, 4].map((round) => `${round} ${i}\n`).join(""));
      expect(file.size).toBe(statSync(file.path).size);
    }
  });

  it("stay open during a sync, even when closed meanwhile", async () => {
    const open = new OpenFiles(10, true);
    const [file] = await files(1);
    if (file === undefined) throw new Error("No file");
    open.append(file, Buffer.from("1\n"));
    const first = open.sync();
    // They occupy libuv's threads until the first sync has ended.
    const busy = Array.from({ length: 8 }, () => promisify(pbkdf2)("", "", 50_000, 64, "sha512"));
    open.append(file, Buffer.from("2\n"));
    const second = open.sync();
    await first;
    open.closeAll();
    await expect(second).resolves.toBeUndefined();
    expect([open.count, open.areSynced]).toEqual([0, true]);
    await Promise.all(busy);
  });

  it("need no sync once retired or removed", async () => {
    const open = new OpenFiles(10, true);
    const all = await files(2);
    for (const file of all) {
      open.append(file, Buffer.from("1\n"));
      rmSync(file.path);
    }
    for (const file of all.slice(1)) open.retire(file);
    open.closeAll();
    await expect(open.sync()).resolves.toBeUndefined();
    expect([open.count, open.areSynced]).toEqual([0, true]);
  });

  it("make room when the process has no descriptor left", async () => {
    const all = await files(400);
    const module = fileURLToPath(new URL("../../dist/src/store/disk/open-files.js", import.meta.url));
    const script = `
      const { OpenFiles } = await import(${JSON.stringify(module)});
      const open = new OpenFiles(1_000_000);
      for (let round = 0; round < 3; round += 1) {
        for (const file of ${JSON.stringify(all)}) open.append({ ...file, size: round }, Buffer.from("x"));
      }`;
    const node = [process.execPath, "--input-type=module", "-e", script];
    const result = await run("sh", ["-c", 'ulimit -n 256 && exec "$@"', "sh", ...node]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    for (const { path } of all) expect(readFileSync(path, "utf8")).toBe("xxx");
  });
});

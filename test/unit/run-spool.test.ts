import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { processName } from "../../src/run/command/process-name.ts";
import { RUN_LIMITS } from "../../src/run/limits.ts";
import { flushInBackground } from "../../src/run/spool/background-flush.ts";
import { claim, release, spooledFiles } from "../../src/run/spool/spool-files.ts";
import { openSpoolFolder, spoolFolders, takenFolder } from "../../src/run/spool/spool-folder.ts";
import { SpoolWriter } from "../../src/run/spool/spool-writer.ts";
import { afterwards } from "../support/cleanup.ts";
import { poll } from "../support/poll.ts";
import { run } from "../support/processes.ts";
import { tempFolder } from "../support/temp-folder.ts";

const X = "01JCABCDEFGHJKMNPQRSTVWXYZ";
const OWN = processName(process.pid);
const GONE = processName(999_999_999);
const BEGIN = '{"v":1}';

function frame(text: string): Buffer {
  const payload = `<14>1 - - mlrun - LINES [ml@32473 s="stdout" n="1" c="1" b="${text.length}"] 1 ${text}`;
  return Buffer.from(`${payload.length} ${payload}`);
}

function writer(folder: string | undefined, nowMs: () => number = () => 0): SpoolWriter {
  return new SpoolWriter({ x: X, begin: BEGIN, owner: () => OWN, openFolder: () => folder, elapsedMs: nowMs });
}

describe("the writer", () => {
  test("begins each file with BEGIN, and each outage with a file", async () => {
    const folder = await tempFolder();
    const spool = writer(folder);
    spool.append(frame("a"), "lines");
    expect(await readdir(folder)).toEqual([`${X}.${OWN}.1.${OWN}.busy`]);
    expect(spooledFiles(folder).waiting).toEqual([]);
    spool.seal();
    spool.append(frame("b"), "lines");
    spool.seal();
    spool.seal();
    expect(spooledFiles(folder).waiting.map(({ name }) => name)).toEqual([
      `${X}.${OWN}.1.spool`,
      `${X}.${OWN}.2.spool`,
    ]);
    expect(await readFile(join(folder, `${X}.${OWN}.2.spool`), "utf8")).toBe(`7 ${BEGIN}${frame("b")}`);
    expect(spool.dropped).toEqual({ stdout: 0, stderr: 0 });
  });

  test.each(["no folder at all", "a folder that is not there", "a folder that goes away"])(
    "counts bytes that it cannot keep: %s",
    async (what) => {
      const parent = await tempFolder();
      const folder = join(parent, "spool");
      if (what === "a folder that goes away") await mkdir(folder);
      const spool = writer(what === "no folder at all" ? undefined : folder);
      if (what === "a folder that goes away") {
        spool.append(frame("kept"), "lines");
        await rm(folder, { recursive: true });
        spool.seal();
      }
      spool.append(frame("lost"), "lines");
      spool.append(frame("lost, too"), "lines");
      spool.seal();
      expect(spool.dropped).toEqual({ stdout: "lost\nlost, too\n".length, stderr: 0 });
    },
  );

  test("respects the user's quota except for END, and uses room that is freed", async () => {
    const folder = await tempFolder();
    let nowMs = 0;
    const spool = writer(folder, () => nowMs);
    await run("truncate", ["-s", String(RUN_LIMITS.spoolBytes), join(folder, "others")]);
    spool.append(frame("lost"), "lines");
    spool.append(frame("end"), "control");
    await rm(join(folder, "others"));
    nowMs += 60_000;
    spool.append(frame("kept"), "lines");
    spool.seal();
    expect(spool.dropped).toEqual({ stdout: 5, stderr: 0 });
    expect(await readFile(join(folder, `${X}.${OWN}.1.spool`), "utf8")).toBe(
      `7 ${BEGIN}${frame("end")}${frame("kept")}`,
    );
  });
});

describe("a file that waits", () => {
  test("is claimed by one process only, which may return it", async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, `${X}.1-1-1.1.spool`), "");
    const [file] = spooledFiles(folder).waiting;
    if (file === undefined) throw new Error("No file");
    const path = claim(folder, file, OWN);
    expect(path).toBe(join(folder, `${X}.1-1-1.1.${OWN}.busy`));
    expect(claim(folder, file, OWN)).toBeUndefined();
    expect(spooledFiles(folder).waiting).toEqual([]);
    release(folder, file, path ?? "");
    expect(spooledFiles(folder).waiting).toEqual([file]);
  });

  test("is one whose process has ended; other files in the folder do not count", async () => {
    const folder = await tempFolder();
    const gone = `${X}.1-1-1.1.${GONE}.busy`;
    for (const name of [gone, `${X}.1-1-1.2.${OWN}.busy`, "flush.lock", `${X}.spool`, "x.1-1-1.1.spool"]) {
      await writeFile(join(folder, name), "");
    }
    expect(spooledFiles(folder).waiting.map(({ name }) => name)).toEqual([gone]);
    expect(spooledFiles(join(folder, "missing")).waiting).toEqual([]);
  });
});

describe("a flush in the background", () => {
  test("starts when something waits, once at a time", async () => {
    const folder = await tempFolder();
    const started: ChildProcess[] = [];
    const begin = () => {
      const startFlush = () => {
        const child = spawn("sleep", ["60"], { stdio: "ignore" });
        afterwards(() => void child.kill("SIGKILL"));
        started.push(child);
        return child;
      };
      flushInBackground({ folder, owner: OWN, start: startFlush });
    };
    begin();
    expect(started).toHaveLength(0);
    await writeFile(join(folder, `${X}.1-1-1.1.spool`), "");
    begin();
    begin();
    expect(started).toHaveLength(1);
    started[0]?.kill("SIGKILL");
    await poll("the lock's end", async () => !(await readdir(folder)).includes("flush.lock"));
    begin();
    expect(started).toHaveLength(2);
  });

  test("starts again when an earlier flush ended without removing its lock", async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, `${X}.1-1-1.1.spool`), "");
    await symlink(GONE, join(folder, "flush.lock"));
    let begun = 0;
    const startFlush = () => {
      begun += 1;
      return spawn("true", { stdio: "ignore" });
    };
    flushInBackground({ folder, owner: OWN, start: startFlush });
    expect(begun).toBe(1);
  });
});

describe("the folder", () => {
  test("is the system's for this user, else the user's own; unsafe folders are skipped", async () => {
    const parent = await tempFolder();
    const uid = process.getuid?.() ?? 0;
    const [system, home] = [join(parent, "system"), join(parent, "state/spool/node1")];
    const places = { chosen: undefined, system, home, uid, relay: "" };
    expect(spoolFolders(places)).toEqual([]);
    expect(openSpoolFolder(places)).toBe(home);
    await mkdir(system);
    expect(openSpoolFolder(places)).toBe(join(system, String(uid)));
    expect(spoolFolders(places)).toEqual([join(system, String(uid)), home]);
    expect(openSpoolFolder({ ...places, uid: uid + 1 })).toBeUndefined();
    expect(openSpoolFolder({ ...places, chosen: join(parent, "chosen") })).toBe(join(parent, "chosen"));
  });

  test("of the system's that another user made first is not used, and named", async () => {
    const parent = await tempFolder();
    const [system, home] = [join(parent, "system"), join(parent, "state")];
    const other = (process.getuid?.() ?? 0) + 1;
    const places = { chosen: undefined, system, home, uid: other, relay: "" };
    expect(takenFolder(places)).toBeUndefined();
    await mkdir(join(system, String(other)), { recursive: true });
    expect(takenFolder(places)).toEqual({ path: join(system, String(other)), owner: other - 1 });
    expect(openSpoolFolder(places)).toBeUndefined();
    expect(takenFolder({ ...places, uid: other - 1 })).toBeUndefined();
    expect(takenFolder({ ...places, chosen: home })).toBeUndefined();
  });

  test("is the user's own if the system's cannot be read, and none if nothing can be created", async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, "file"), "");
    const uid = process.getuid?.() ?? 0;
    const home = join(folder, "a/b/c");
    const places = { chosen: undefined, system: join(folder, "file/spool"), home, uid, relay: "" };
    expect(openSpoolFolder(places)).toBe(home);
    // mkdir fails with ENOENT here, although the parent exists.
    expect(openSpoolFolder({ ...places, chosen: "/proc/nowhere/spool" })).toBeUndefined();
  });

  test("differs for each relay: frames for one relay never go through another", async () => {
    const [home, uid] = [join(await tempFolder(), "spool"), process.getuid?.() ?? 0];
    const of = (relay: string) => ({ chosen: undefined, system: "/nonexistent", home, uid, relay });
    expect(openSpoolFolder(of("a"))).toBe(join(home, "a"));
    expect(spoolFolders(of("b"))).toEqual([]);
    expect(spoolFolders(of("a"))).toEqual([join(home, "a")]);
  });
});

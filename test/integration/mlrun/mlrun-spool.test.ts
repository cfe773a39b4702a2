import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { afterwards } from "../../support/cleanup.ts";
import { type DumpRelay, dumpRelay } from "../../support/dump-relay.ts";
import { linesOf, octetCounted, parseFrame } from "../../support/frames.ts";
import { cleanEnvironment, mlrun, startMlrun } from "../../support/mlrun.ts";
import { poll } from "../../support/poll.ts";
import { run } from "../../support/processes.ts";
import { program } from "../../support/programs.ts";
import { asRoot, describeAsRoot, runAsRoot } from "../../support/root.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Of nobody in particular. */
const OTHER_UID = 54_321;
const shell = (script: string) => ["--", "sh", "-c", script];

interface Place {
  readonly relay: DumpRelay;
  readonly spool: string;
  readonly env: NodeJS.ProcessEnv;
  files(): Promise<string[]>;
}

/** A relay that is not started yet, and a spool. */
async function place(): Promise<Place> {
  const relay = await dumpRelay();
  const spool = join(await tempFolder(), "spool");
  const env = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, MLRUN_SPOOL_DIR: spool });
  return { relay, spool, env, files: async () => (await readdir(spool).catch(() => [])).sort() };
}

describe("without a relay", () => {
  test("a command runs as always, with one warning, and its output is kept for its user only", async () => {
    const { env, spool, files } = await place();
    const result = await mlrun(shell("echo out; echo err >&2; exit 3"), { env });
    expect(result).toMatchObject({ code: 3, stdout: "out\n" });
    // Either may come first: command and warning do not wait for each other.
    expect(result.stderr.split("\n").sort()).toEqual([
      "",
      "err",
      expect.stringMatching(/^mlrun: the relay at .* is away \(ENOENT\): .*mlrun --flush$/),
    ]);
    const [file = ""] = await files();
    expect(file).toMatch(/^[0-9A-Z]{26}\.\d+-\d+-\d+\.1\.spool$/);
    expect((await stat(spool)).mode & 0o777).toBe(0o700);
    expect((await stat(join(spool, file))).mode & 0o777).toBe(0o600);
    const [begin, ...frames] = octetCounted(await readFile(join(spool, file)));
    expect(JSON.parse(String(begin))).toMatchObject({
      x: file.slice(0, 26),
      argv: ["sh", "-c", "echo out; echo err >&2; exit 3"],
    });
    expect(frames.map(parseFrame).map(({ type }) => type)).toEqual(["lines", "lines", "end"]);
  });

  test("the next mlrun of this user delivers it, BEGIN included, once a relay is there", async () => {
    const { relay, env, files } = await place();
    for (const word of ["first", "second"]) await mlrun(shell(`echo ${word}`), { env });
    const stems = (await files()).map((name) => name.slice(0, 26));
    expect(stems).toHaveLength(2);
    await relay.start();
    expect(await mlrun(shell("echo third"), { env })).toMatchObject({ code: 0, stdout: "third\n", stderr: "" });
    const [first, second] = [await relay.execution(stems[0]), await relay.execution(stems[1])];
    expect([first.stdout, second.stdout].map(String)).toEqual(["first\n", "second\n"]);
    expect(first.uid).toBe(process.getuid?.());
    await poll("an empty spool", async () => (await files()).length === 0);
  });

  test("is found by the background flush, also in a folder with a relative name", async () => {
    const { relay, spool, env, files } = await place();
    const here = { env: { ...env, MLRUN_SPOOL_DIR: "spool" }, cwd: dirname(spool) };
    await mlrun(shell("echo kept"), here);
    expect(await files()).toHaveLength(1);
    await relay.start();
    await mlrun(shell("true"), here);
    await poll("an empty spool", async () => (await files()).length === 0);
  });

  test("mlrun --flush delivers it in the foreground and says so", async () => {
    const { relay, env, files } = await place();
    await mlrun(shell("echo kept"), { env });
    const early = await mlrun(["--flush"], { env });
    expect(early).toMatchObject({ code: 125, stdout: "mlrun: 0 delivered, 1 waiting\n" });
    expect(early.stderr).toMatch(/^mlrun: the relay at .* takes nothing: 1 stay in .*; try again later\n$/);
    expect(await files()).toHaveLength(1);
    await relay.start();
    expect(await mlrun(["--flush"], { env })).toMatchObject({
      code: 0,
      stdout: "mlrun: 1 delivered, 0 waiting\n",
      stderr: "",
    });
    expect((await relay.execution()).stdout.toString()).toBe("kept\n");
    expect(await files()).toEqual([]);
    expect(await mlrun(["--flush"], { env })).toMatchObject({ code: 0, stdout: "mlrun: 0 delivered, 0 waiting\n" });
  });
});

describe("a relay that stops and comes back while a command prints", () => {
  test("gets every line, including spooled ones", async () => {
    const { relay, env, files } = await place();
    const rsyslogd = await relay.start();
    const running = startMlrun(shell("while read -r word; do echo $word; done"), { env });
    const say = async (word: string) => {
      running.stdin?.write(`${word}\n`);
      await running.waitFor(new RegExp(`^${word}$`, "m"));
    };
    await say("one");
    await poll("the first line", async () => (await relay.frames()).length > 0);
    await rsyslogd.stop();
    await say("two");
    await poll("a spool", async () => (await files()).length === 1);
    await say("three");
    await relay.start();
    await poll("the spooled lines", async () => (await relay.frames()).some(({ text }) => text === "three"));
    await say("four");
    running.stdin?.end();
    expect(await running.ended).toEqual({ code: 0, signal: null });
    const { stdout } = await relay.execution();
    expect(stdout.toString()).toBe("one\ntwo\nthree\nfour\n");
    expect(running.stderr().toString().split("\n")).toHaveLength(2);
    await poll("an empty spool", async () => (await files()).length === 0);
  });

  test("or is killed, gets lines in transit again", async () => {
    const { relay, env } = await place();
    const rsyslogd = await relay.start();
    const running = startMlrun(["--quiet", ...shell("seq 1 400000; read -r go; seq 400001 800000")], { env });
    await poll("some lines", async () => (await relay.frames()).length > 0);
    await rsyslogd.kill();
    await relay.start();
    running.stdin?.end("go\n");
    expect(await running.ended).toEqual({ code: 0, signal: null });
    await mlrun(["--flush"], { env });
    const end = await poll("END", async () => (await relay.frames()).find(({ type }) => type === "end"));
    expect(end.n).toBe(800_000);
    // A flush in the background may still be sending.
    const isWhole = async () => {
      const numbers = new Set<number>();
      for (const { type, n, count } of await relay.frames()) {
        for (let line = n; type === "lines" && line < n + count; line += 1) numbers.add(line);
      }
      return numbers.size === 800_000;
    };
    await poll("every line", isWhole, 40_000);
  }, 120_000);
});

describe("the spool", () => {
  test("is created by the first of a job's ranks", async () => {
    const { env, spool, files } = await place();
    const ranks = Array.from({ length: 8 }, (_, rank) =>
      mlrun(shell(`echo ${rank}`), { env: { ...env, MLRUN_SPOOL_DIR: join(spool, "a/b") } }),
    );
    for (const { stderr } of await Promise.all(ranks)) expect(stderr).toMatch(/output is kept in/);
    expect(await files()).toEqual(["a"]);
  });

  test("that a killed logger of mlrun left is delivered up to its last whole frame", async () => {
    const { relay, env, spool, files } = await place();
    const running = startMlrun(shell("echo kept; exec sleep 60"), { env });
    await poll("a spool with a line", async () => {
      const [file = ""] = await files();
      // The line itself: BEGIN shows the command, which says "kept" as well.
      return (await readFile(join(spool, file)).catch(() => "")).includes("] 1 kept");
    });
    const [busy = ""] = await files();
    const [, logger] = /\.(\d+)-\d+-\d+\.busy$/.exec(busy) ?? [];
    // It shall not find the relay itself.
    process.kill(Number(logger), "SIGSTOP");
    await relay.start();
    // Alive: nobody else may have it.
    const said = "mlrun: 0 delivered, 0 waiting, 1 in use by a running mlrun\n";
    expect((await mlrun(["--flush"], { env })).stdout).toBe(said);
    process.kill(Number(logger), "SIGKILL");
    await running.waitFor(/the logger is away \(signal 9 ended it\)/);
    await writeFile(join(spool, busy), "500 <14>1 torn", { flag: "a" });
    expect((await mlrun(["--flush"], { env })).stdout).toBe("mlrun: 1 delivered, 0 waiting\n");
    await poll("the line", async () => (await relay.frames()).some(({ text }) => text === "kept"));
    // What the command prints from now on.
    expect(await files()).toEqual([expect.stringMatching(/\.raw-busy$/)]);
    await running.end();
    await poll("END", async () => (await relay.frames()).some(({ type }) => type === "end"));
    await poll("an empty spool", async () => (await files()).length === 0);
  });

  test("is the user's own folder or none: links and other users' folders are left alone", async () => {
    const { env, spool } = await place();
    const elsewhere = await tempFolder();
    await symlink(elsewhere, spool);
    const result = await mlrun(shell("echo shown; exit 2"), { env });
    expect(result).toMatchObject({ code: 2, stdout: "shown\n" });
    expect(result.stderr).toMatch(
      /^mlrun: the relay at .* is away \(ENOENT\) and there is no folder to spool to: .*\n/,
    );
    expect(result.stderr).toMatch(/\nmlrun: 6 bytes of output are not logged: /);
    expect(await readdir(elsewhere)).toEqual([]);
  });

  test("is in the state folder, by node, where the system has none", async () => {
    const { relay } = await place();
    const home = await tempFolder();
    const env = cleanEnvironment({ MLRUN_RUN_DIR: relay.runDir, XDG_STATE_HOME: home });
    await mlrun(shell("echo kept"), { env });
    const nodes = join(home, "marcologger/spool");
    const [node = ""] = await readdir(nodes);
    expect(await readdir(join(nodes, node))).toHaveLength(1);
  });

  test("that is full drops lines, counts them in END, and the numbers show the hole", async () => {
    const { relay, env, spool, files } = await place();
    await mkdir(spool, { mode: 0o700 });
    // As if other executions had left this much: 100 KiB below the limit.
    await run("truncate", ["-s", String(268_435_456 - 102_400), join(spool, "other")]);
    const result = await mlrun(["--quiet", ...shell("seq 1 100000")], { env });
    expect(result.code).toBe(0);
    const [, dropped = ""] =
      /^mlrun: (\d+) bytes of output are not logged: the spool is full/m.exec(result.stderr) ?? [];
    await relay.start();
    await mlrun(["--flush"], { env });
    await poll("BEGIN", async () => (await relay.begins()).length === 1);
    const frames = await poll("END", async () => {
      const all = await relay.frames();
      return all.some(({ type }) => type === "end") && all;
    });
    const end = JSON.parse(frames.find(({ type }) => type === "end")?.text ?? "");
    const kept = frames.filter(({ type }) => type === "lines").flatMap(linesOf);
    const keptBytes = kept.reduce((bytes, line) => bytes + line.length + 1, 0);
    expect(kept.length).toBeGreaterThan(1_000);
    expect(end).toMatchObject({
      lines: { stdout: 100_000 },
      printed: { stdout: 588_895 },
      dropped: { stdout: Number(dropped) },
    });
    expect(keptBytes + Number(dropped)).toBe(588_895);
    expect(await files()).toEqual(["other"]);
  });
});

test("a spooled file that cannot be read is named and stays, and holds up no other", async () => {
  const { relay, env, spool, files } = await place();
  for (const word of ["first", "second"]) await mlrun(shell(`echo ${word}`), { env });
  const [first = "", second = ""] = await files();
  await chmod(join(spool, first), 0);
  await relay.start();
  // Root reads any file, unless it has given that up.
  const like = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-all"] : [];
  const [file = "", ...words] = [...like, ...program("mlrun", "--flush")];
  const flush = await run(file, words, { env, detached: true });
  expect(flush).toMatchObject({ code: 125, stdout: "mlrun: 1 delivered, 1 waiting\n" });
  expect(flush.stderr).toMatch(new RegExp(`^mlrun: Cannot deliver ${first} in .*EACCES.*; it stays there\n$`));
  expect((await relay.execution(second.slice(0, 26))).stdout.toString()).toBe("second\n");
  expect(await files()).toEqual([first]);
});

describeAsRoot("root with the home of another user (sudo -E)", () => {
  test("keeps nothing where that user could exchange the folder, and delivers nothing from there", async () => {
    const { relay, env } = await place();
    const home = await tempFolder();
    const spool = join(home, "spool");
    await runAsRoot("mkdir", ["-m", "0700", spool]);
    await runAsRoot("chown", [String(OTHER_UID), home]);
    const hostile = { ...env, XDG_STATE_HOME: home, MLRUN_SPOOL_DIR: spool };
    const asRootThere = asRoot("env", ...Object.entries(hostile).map(([name, value]) => `${name}=${value}`));
    const mlrunThere = (...args: string[]) => {
      const [file, ...first] = [...asRootThere, ...program("mlrun", ...args)] as [string, ...string[]];
      return run(file, first, { detached: true });
    };
    expect((await mlrunThere(...shell("echo shown"))).stderr).toMatch(/there is no folder to spool to/);
    expect((await runAsRoot("ls", [spool])).stdout).toBe("");
    const forged = join(spool, "01JCABCDEFGHJKMNPQRSTVWXYZ.1-1-1.1.spool");
    await runAsRoot("tee", [forged], "forged");
    await relay.start();
    expect((await mlrunThere("--flush")).stdout).toBe("mlrun: 0 delivered, 0 waiting\n");
    expect((await runAsRoot("cat", [forged])).stdout).toBe("forged");
  });

  test("hands nothing to a gate that this user could have made, and takes no settings of theirs", async () => {
    const home = await tempFolder();
    await writeFile(join(home, "mlrun.toml"), 'mask-argv = ["shown"]');
    let connections = 0;
    const gate = createServer(() => {
      connections += 1;
    });
    gate.listen(join(home, "mlrun.sock"));
    await once(gate, "listening");
    afterwards(() => void gate.close());
    await runAsRoot("chown", ["-R", String(OTHER_UID), home]);
    const hostile = [`MLRUN_RUN_DIR=${home}`, `MLRUN_CONFIG=${join(home, "mlrun.toml")}`, "MLRUN_SPOOL_DIR=/run/spool"];
    // No other relay either: it stays in the spool.
    const script = 'mount -t tmpfs none /run && mkdir -m 700 /run/spool && "$@"; cat /run/spool/*.spool';
    const alone = asRoot("unshare", "--mount", "env", ...hostile, "sh", "-c", script, "sh");
    const mlrunThere = (...args: string[]) => {
      const [file, ...words] = [...alone, ...program("mlrun", ...args)] as [string, ...string[]];
      return run(file, words, { detached: true });
    };
    const { stdout, stderr } = await mlrunThere(...shell("echo shown"));
    expect(stderr).toContain(`MLRUN_RUN_DIR is not used: another user owns a folder of ${home}`);
    expect(stdout).toContain('"argv":["sh","-c","echo shown"]');
    expect((await mlrunThere("--flush")).stderr).toContain("MLRUN_RUN_DIR is not used");
    expect(connections).toBe(0);
  });
});

describeAsRoot("the spool on a full disk", () => {
  test("holds whole frames and END, which counts what did not fit", async () => {
    const { env, spool, files } = await place();
    await mkdir(spool, { mode: 0o700 });
    const { code } = await runAsRoot("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700", "none", spool]);
    expect(code).toBe(0);
    afterwards(async () => void (await runAsRoot("umount", ["--lazy", spool])));
    const [file, ...args] = asRoot("env", ...Object.entries(env).map(([name, value]) => `${name}=${value}`));
    const { stderr } = await run(file, [...args, ...program("mlrun", "--quiet", ...shell("seq 1 1000000"))], {
      detached: true,
    });
    const [, dropped = ""] = /^mlrun: (\d+) bytes of output are not logged: /m.exec(stderr) ?? [];
    const [name = ""] = await files();
    const { stdout } = await runAsRoot("cat", [join(spool, name)]);
    const [, ...frames] = octetCounted(Buffer.from(stdout)).map((frame, i) =>
      i === 0 ? undefined : parseFrame(frame),
    );
    expect(frames.length).toBeGreaterThan(50);
    const end = frames.at(-1);
    expect(end).toMatchObject({ type: "end", n: 1_000_000 });
    expect(JSON.parse(end?.text ?? "")).toMatchObject({ dropped: { stdout: Number(dropped) } });
  });
});

import { execFileSync } from "node:child_process";
import { getEventListeners } from "node:events";
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { cachedPath } from "../../../src/agent/files/cached-blob.ts";
import { Stager } from "../../../src/agent/files/stager.ts";
import { executionOf } from "../../../src/orders/execution-of.ts";
import type { OrderedFile, OrderOf } from "../../../src/wire/fleet/order.ts";
import { AGENT_BIN } from "../../support/agent-site.ts";
import { BYTES, type FileSite, IS_ROOT, startFileSite } from "../../support/file-site.ts";
import { poll } from "../../support/poll.ts";
import { SmallDisk } from "../../support/small-disk.ts";

const LARGE = 64 << 20;
let on: FileSite;

beforeAll(async () => {
  on = await startFileSite();
});

const read = (path: string) => readFileSync(path, "utf8");

test("a file goes into new folders of the user, with its mode, and nothing else", async () => {
  expect(await on.put(on.site.file("~/of-tests/new/a b.txt", BYTES, { mode: 0o750 }))).toMatchObject({
    state: "finished",
    code: 0,
  });
  const [path, folder] = [join(on.home, "of-tests/new/a b.txt"), join(on.home, "of-tests/new")];
  expect(read(path)).toBe(BYTES);
  const uid = IS_ROOT ? on.alice.uid : process.getuid?.();
  expect([statSync(path), statSync(folder)].map(({ uid: of, mode }) => [of, (mode & 0o7777).toString(8)])).toEqual([
    [uid, "750"],
    [uid, "755"],
  ]);
  on.asAlice("rm -r ~/of-tests");
});

test("an existing file stays without overwrite, and is replaced as a whole with it", async () => {
  const path = join(on.shared, "twice");
  await on.put(on.site.file(path, "first"));
  expect(await on.put(on.site.file(path, "second"))).toMatchObject({ state: "refused", why: "file-exists" });
  expect(read(path)).toBe("first");
  expect(await on.put(on.site.file(path, "third", { overwrite: true }))).toMatchObject({ state: "finished" });
  expect(read(path)).toBe("third");
});

test("the command begins when all files are in place, and sees them", async () => {
  const files = [
    on.site.file(join(on.shared, "of/input"), "42"),
    on.site.file(join(on.shared, "of/tool.sh"), "cat $1", { mode: 0o755 }),
  ];
  const order = on.site.run(`cd ${on.shared}/of && sh ./tool.sh input > ${on.site.folder}/count/seen`, { files });
  expect(await on.site.until(order, "finished", "failed")).toMatchObject({ state: "finished" });
  expect(read(join(on.site.folder, "count/seen"))).toBe("42");
  expect(on.leftovers(order)).toBe("");
});

test("one of several that cannot be written keeps all from being written, and the command from starting", async () => {
  const files = [on.site.file(join(on.shared, "some/one"), BYTES), on.site.file(`${on.shared}/some/../two`, BYTES)];
  const order = on.site.run(on.site.counting("some"), { files });
  expect(await on.site.until(order, "refused")).toMatchObject({
    why: "file-path",
    text: expect.stringContaining("some/../two"),
  });
  expect(existsSync(join(on.shared, "some"))).toBe(false);
  expect(on.site.count("some")).toBe(0);
});

test.each([
  ["~/../x", "file-path"],
  ["~/x/", "file-path"],
  ["~/.", "file-path"],
  ["/", "file-path"],
  [`~/${"n".repeat(201)}`, "file-path"],
  ["/etc/hostname/x", "file-path"],
  ["/proc/sys/x", "file-failed"],
])("%s is refused by name", async (path, why) => {
  expect(await on.put(on.site.file(path, BYTES, { overwrite: true }))).toMatchObject({ state: "refused", why });
});

describe.skipIf(!IS_ROOT)("as the user", () => {
  test.each([
    ["a system folder", () => "/etc/cron.d/of-tests", "file-denied"],
    ["another's home", () => `/home/${on.bob.name}/x`, "file-denied"],
    ["root's home", () => "/root/x", "file-denied"],
  ])("%s is refused", async (_name, path, why) => {
    expect(await on.put(on.site.file(path(), BYTES, { overwrite: true }))).toMatchObject({ state: "refused", why });
    expect(existsSync(path())).toBe(false);
  });

  test("another's links in a shared folder lead nowhere", async () => {
    on.asAlice(`mkdir ~/private; echo mine > ~/private/file`);
    on.asBob(
      `ln -s /home/${on.alice.name}/private ${on.shared}/trap; ln -s /home/${on.alice.name}/private/file ${on.shared}/trap2`,
    );
    expect(await on.put(on.site.file(`${on.shared}/trap/x`, BYTES))).toMatchObject({
      state: "refused",
      why: "file-link",
    });
    expect(existsSync(join(on.home, "private/x"))).toBe(false);
    // The name itself is bob's, in a folder where nobody replaces another's.
    expect(await on.put(on.site.file(`${on.shared}/trap2`, BYTES, { overwrite: true }))).toMatchObject({
      state: "failed",
      code: 125,
    });
    expect(read(join(on.home, "private/file"))).toBe("mine\n");
  });

  test("links of the user and of root are followed on the way, and replaced at the end", async () => {
    on.asAlice(`mkdir ~/real; ln -s real ~/link; ln -s /etc/hostname ~/own`);
    symlinkSync(`../home/${on.alice.name}/real`, join(on.shared, "roots"));
    expect(await on.put(on.site.file("~/link/new/x", BYTES))).toMatchObject({ state: "finished" });
    expect(read(join(on.home, "real/new/x"))).toBe(BYTES);
    expect(await on.put(on.site.file("~/own", BYTES, { overwrite: true }))).toMatchObject({ state: "finished" });
    expect(statSync(join(on.home, "own")).uid).toBe(on.alice.uid);
  });

  test("a full disk is refused, with nothing left behind, and the next file goes through", async () => {
    const disk = await SmallDisk.mount(join(on.shared, "small"), 2);
    const big = on.site.file(join(disk.folder, "big"), Buffer.alloc(3 << 20, 1));
    expect(await on.put(big)).toMatchObject({ state: "refused", why: "disk-full" });
    expect(await on.put(on.site.file(join(disk.folder, "small"), BYTES))).toMatchObject({ state: "finished" });
    execFileSync("sh", ["-c", `cd ${on.site.folder}; head -c 3M /dev/zero > filler; tar -cf full.tar filler`]);
    const tar = on.site.file(join(disk.folder, "tree"), readFileSync(join(on.site.folder, "full.tar")), {
      unpack: "tar",
    });
    expect(await on.put(tar)).toMatchObject({ state: "refused", why: "disk-full" });
    expect(execFileSync("ls", ["-A", disk.folder]).toString()).toBe("small\n");
  });
});

describe("bytes", () => {
  test("other ones than those that were signed are not written", async () => {
    const file = on.site.file(join(on.shared, "wrong"), "signed");
    on.site.blobs.set(file.sha256, Buffer.from("forged"));
    expect(await on.put(file)).toMatchObject({ state: "refused", why: "file-digest" });
    expect(existsSync(join(on.shared, "wrong"))).toBe(false);
  });

  /** In this process, with mlsupervise; `onStart` is called when the cached file is open, and before it is read. */
  function stagerOf(onStart: () => void, why = (_sha256: string) => "") {
    const cache = join(on.site.folder, "cache");
    const supervise = join(AGENT_BIN, "mlsupervise");
    const command = (action: string, { uid, user }: { uid: number; user: string }) => {
      if (action === "stage") onStart();
      return [supervise, action, String(uid), user];
    };
    const stager = new Stager({ node: "node1", cache, wants: { want: async ({ sha256 }) => why(sha256) }, command });
    const uid = IS_ROOT ? on.alice.uid : (process.getuid?.() ?? 0);
    const of = (order: OrderOf<"run">) => ({ order, uid, shared: new Map(), signal: new AbortController().signal });
    const keep = (file: OrderedFile, bytes: string): string => {
      const path = cachedPath(cache, { owner: on.site.user, sha256: file.sha256 });
      writeFileSync(path, bytes);
      return path;
    };
    return { stager, of, keep };
  }

  test.each(["signed", ""])("what mlagent appends to an open file does not pass for root's word: %j", async (bytes) => {
    const file = on.site.file(join(on.shared, "appended"), bytes);
    let path = "";
    const { stager, of, keep } = stagerOf(() => appendFileSync(path, "+"));
    path = keep(file, bytes === "" ? "" : "forged");
    const order = on.site.order({ argv: [], files: [file] });
    const refused = { kind: "refuse", why: "file-digest", text: file.path };
    expect(await stager.stage(of(order))).toEqual(refused);
    expect(existsSync(file.path)).toBe(false);
    expect(on.leftovers(order)).toBe("");
  });

  test("of an order with many files no listener to its end stays", async () => {
    const files = Array.from({ length: 12 }, (_, i) => on.site.file(join(on.shared, `many${i}`), "many"));
    const { stager, of, keep } = stagerOf(() => undefined);
    for (const file of files) keep(file, "many");
    const order = on.site.order({ argv: [], files });
    const staging = of(order);
    expect(await stager.stage(staging)).toMatchObject({ kind: "staged" });
    expect(getEventListeners(staging.signal, "abort")).toEqual([]);
    await stager.discard(staging);
  });

  test("a file that is missing holds up only itself: those before it are staged once, and discarded with the run", async () => {
    let starts = 0;
    let isThere = false;
    const files = ["one", "two"].map((name) => on.site.file(join(on.shared, name), name));
    const { stager, of, keep } = stagerOf(
      () => {
        starts += 1;
      },
      (sha256) => (sha256 === files[1]?.sha256 && !isThere ? "files" : ""),
    );
    for (const file of files) keep(file, basename(file.path));
    const order = on.site.order({ argv: [], files });
    const wait = { kind: "wait", why: "files" };
    expect([await stager.stage(of(order)), await stager.stage(of(order)), starts]).toEqual([wait, wait, 1]);
    isThere = true;
    const staged = { kind: "staged", paths: files.map(({ path }) => path) };
    expect([await stager.stage(of(order)), starts]).toEqual([staged, 2]);
    await stager.discard(of(order));
    expect(on.leftovers(order)).toBe("");
    isThere = false;
    expect(await stager.stage(of(order))).toEqual(wait);
    await stager.discard(of(order));
    isThere = true;
    expect([await stager.stage(of(order)), starts]).toEqual([staged, 5]);
    await stager.discard(of(order));
    expect(on.leftovers(order)).toBe("");
  });

  test("only plain files of the cache are opened: the order waits for one", async () => {
    const file = on.site.file(join(on.shared, "planted"), BYTES);
    const path = cachedPath(join(on.site.folder, "cache"), { owner: on.site.user, sha256: file.sha256 });
    const elsewhere = join(on.site.folder, "elsewhere");
    writeFileSync(elsewhere, BYTES);
    const plants = [
      () => symlinkSync(elsewhere, path),
      () => linkSync(elsewhere, path),
      () => execFileSync("mkfifo", [path]),
      () => mkdirSync(path),
    ];
    for (const plant of plants) {
      execFileSync("rm", ["-rf", path]);
      plant();
      const usual = on.site.fetch;
      on.site.fetch = () => "";
      const order = on.site.order({ argv: [], files: [file] });
      on.site.send(on.site.key.message(order));
      expect(await on.site.until(order, "waiting")).toMatchObject({ why: "files" });
      on.site.fetch = usual;
      on.site.cancel(order);
      expect(await on.site.until(order, "cancelled", "finished")).toMatchObject({ state: "cancelled" });
    }
    execFileSync("rm", ["-rf", path]);
    expect(await on.put(file)).toMatchObject({ state: "finished" });
  });
});

describe("of a run that was cut", () => {
  test("those are in place that have their names, and are no longer staged or only linked as well", async () => {
    const folder = join(on.home, "cut");
    const at = (path: string) => on.site.file(join(folder, path), BYTES);
    const files = ["published", "linked", "staged", "old", "gone", "new/dir/published"].map(at);
    const order = on.site.order({ files });
    const { user } = order;
    const x = executionOf(order.run, "node1");
    const staged = (name: string) =>
      join(folder, `.${name}.${x}.${files.findIndex(({ path }) => path === join(folder, name))}`);
    on.asAlice(`mkdir -p '${folder}/new/dir'; cd '${folder}'; echo a >published; echo b >linked; echo old >old; echo d >new/dir/published;
      ln linked '${staged("linked")}'; echo c >'${staged("staged")}'; echo new >'${staged("old")}'`);
    const stager = on.looking();
    const uid = Number(execFileSync("id", ["-u", user]));
    const inPlace = ["published", "linked", "new/dir/published"].map((name) => join(folder, name));
    expect(await stager.placed({ order, uid, shared: new Map() })).toEqual(inPlace);
    await stager.discard({ order, uid, shared: new Map() });
    expect(on.leftovers(order)).toBe("");
    on.asAlice(`rm -r '${folder}'`);
  });
});

describe("archives", () => {
  const made = (script: string): Buffer => {
    const folder = join(on.site.folder, "archives");
    execFileSync("rm", ["-rf", folder]);
    mkdirSync(join(folder, "x/bin"), { recursive: true });
    execFileSync("sh", ["-ec", `cd ${folder}; echo run > x/bin/a; chmod 755 x/bin/a; ${script}`]);
    return readFileSync(join(folder, "a.tar"));
  };

  test("become a folder, plain or packed; the old one goes as a whole", async () => {
    const path = join(on.shared, "app");
    const tar = (script: string, overwrite = false) =>
      on.put(on.site.file(path, made(script), { unpack: "tar", overwrite }));
    expect(await tar("ln -s /etc/passwd x/link; tar -C x -cf a.tar .")).toMatchObject({ state: "finished" });
    expect(read(join(path, "bin/a"))).toBe("run\n");
    expect(await tar("tar -C x -czf a.tar bin")).toMatchObject({ state: "refused", why: "file-exists" });
    expect(await tar("tar -C x -czf a.tar bin", true)).toMatchObject({ state: "finished" });
    expect(execFileSync("find", [path, "-printf", "%P "]).toString().trim().split(" ").sort()).toEqual([
      "bin",
      "bin/a",
    ]);
  });

  test.each([
    ["names with ..", "tar -cPf a.tar --transform 's#^x/bin/a#../../of-tests-evil#' x/bin/a"],
    [
      "a file through a link that leads out",
      "ln -s /tmp x/d; tar -C x -cf a.tar d; rm x/d; mkdir x/d; echo z > x/d/of-tests-evil; tar -C x -rf a.tar d/of-tests-evil",
    ],
    ["what is none", "echo hello > a.tar"],
    ["one that was cut", "head -c 40000 /dev/urandom > x/big; tar -C x -cf b.tar .; head -c 20000 b.tar > a.tar"],
  ])("%s: refused, or harmless", async (_name, script) => {
    const path = join(on.shared, "evil/app");
    const state = await on.put(on.site.file(path, made(script), { unpack: "tar" }));
    if (state.state === "refused") expect(state.why).toBe("archive");
    for (const place of [on.shared, dirname(on.shared), "/tmp", on.home])
      expect(existsSync(join(place, "of-tests-evil"))).toBe(false);
    execFileSync("rm", ["-rf", join(on.shared, "evil")]);
  });

  test("absolute names, and links to files elsewhere, stay in the folder", async () => {
    const path = join(on.shared, "abs");
    const script = "ln x/bin/a x/hard; tar -cPf a.tar --transform 's#^x/#/tmp/of-tests-abs/#' x/bin/a x/hard";
    const state = await on.put(on.site.file(path, made(script), { unpack: "tar" }));
    expect(["finished", "refused"]).toContain(state.state);
    expect(existsSync("/tmp/of-tests-abs")).toBe(false);
  });

  test("folders that nobody may enter go as well", async () => {
    const tree = made("mkdir -p x/closed/in; touch x/closed/in/f; tar -C x --mode=0 -cf a.tar closed");
    const file = on.site.file(join(on.shared, "closed"), tree, { unpack: "tar" });
    on.site.blobs.set(file.sha256, Buffer.concat([tree.subarray(0, -1), Buffer.from("x")]));
    expect(await on.put(file)).toMatchObject({ state: "refused", why: "file-digest" });
    expect(existsSync(join(on.shared, "closed"))).toBe(false);
  });
});

describe("killed in the middle", () => {
  const path = () => join(on.shared, "large");

  /**
   * An order whose file is being written: mlagent-root, which passes the bytes, is stopped as soon as the staged file appears. One
   * that was written before that is ordered again.
   */
  async function half(name: string): Promise<OrderOf<"run">> {
    const file = on.site.file(path(), Buffer.alloc(LARGE, 7), { overwrite: true });
    return poll("a file that is being written", async () => {
      const order = on.site.order({ argv: ["sh", "-c", on.site.counting(name)], files: [file] });
      const appears = new Promise<void>((resolve) => {
        const watcher = watch(on.shared, (_event, name) => {
          if (name?.includes(executionOf(order.run, "node1")) !== true) return;
          process.kill(on.site.root?.pid ?? 0, "SIGSTOP");
          watcher.close();
          resolve();
        });
      });
      on.site.send(on.site.key.message(order));
      await appears;
      const [staged] = on.leftovers(order).split("\n");
      if (staged !== undefined && staged !== "" && statSync(staged).size < LARGE) return order;
      process.kill(on.site.root?.pid ?? 0, "SIGCONT");
      await on.site.until(order, "finished");
      execFileSync("rm", ["-f", join(on.site.folder, "count", name)]);
      return undefined;
    });
  }

  test("the writer: it is started again", async () => {
    const order = await half("writer");
    const { pid } = on.site.root ?? {};
    const [writer] = read(`/proc/${pid}/task/${pid}/children`).split(" ");
    process.kill(Number(writer), "SIGKILL");
    process.kill(pid ?? 0, "SIGCONT");
    await on.site.until(order, "finished");
    expect(statSync(path()).size).toBe(LARGE);
    expect(on.site.count("writer")).toBe(1);
  });

  test("by a cancel: nothing of the file is left, and the command never starts", async () => {
    const order = await half("cancel");
    on.site.cancel(order);
    process.kill(on.site.root?.pid ?? 0, "SIGCONT");
    expect(await on.site.until(order, "cancelled", "finished", "failed")).toMatchObject({ state: "cancelled" });
    expect(on.leftovers(order)).toBe("");
    expect(on.site.count("cancel")).toBe(0);
  });

  // The last one: what it starts ends with it.
  test("root's half of the agent: it writes the file anew, and runs the command once", async () => {
    const order = await half("root");
    await on.site.kill();
    await on.site.start();
    await on.site.until(order, "finished");
    expect(statSync(path()).size).toBe(LARGE);
    expect(on.site.count("root")).toBe(1);
    expect(on.leftovers(order)).toBe("");
  });
});

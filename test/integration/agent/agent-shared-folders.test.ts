import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { executionOf } from "../../../src/orders/execution-of.ts";
import { BYTES, type FileSite, IS_ROOT, startFileSite } from "../../support/file-site.ts";

let on: FileSite;

beforeAll(async () => {
  on = await startFileSite();
});

const read = (path: string) => readFileSync(path, "utf8");

describe("a folder that the node shares", () => {
  let web: string;
  /** Whom its files are written as. */
  let as: { readonly name: string; readonly uid: number };

  function share(more: Readonly<Record<string, unknown>> = {}): void {
    on.site.configure({ "folders.web.path": web, "folders.web.as": as.name, "folders.web.groups": ["*"], ...more });
  }

  beforeAll(() => {
    web = join(dirname(on.shared), "web");
    as = IS_ROOT ? on.bob : { name: on.site.user, uid: process.getuid?.() ?? 0 };
    mkdirSync(web);
    symlinkSync(on.home, join(web, "out"));
    symlinkSync("../shared", join(web, "roots"));
    if (IS_ROOT) {
      chownSync(web, on.bob.uid, on.bob.gid);
      lchownSync(join(web, "out"), on.bob.uid, on.bob.gid);
    }
    share();
  });

  test("gets files as its own user, beside the user's own ones, before the command starts in it", async () => {
    const paths = ["@web/app.war", "@web/new/dir/b", "~/own-of-tests"];
    const files = paths.map((path) => on.site.file(path, path, { mode: 0o644 }));
    const where = join(on.site.folder, "count/where");
    const order = on.site.run(`pwd > ${where}; cat app.war new/dir/b ~/own-of-tests >> ${where}`, {
      files,
      cwd: "@web",
    });
    expect(await on.site.until(order, "finished", "failed", "refused")).toMatchObject({ state: "finished" });
    expect(read(where)).toBe(`${web}\n${paths.join("")}`);
    const owners = [join(web, "app.war"), join(web, "new/dir"), join(on.home, "own-of-tests")].map(
      (path) => statSync(path).uid,
    );
    expect(owners).toEqual([as.uid, as.uid, IS_ROOT ? on.alice.uid : as.uid]);
    expect(on.leftovers(order)).toBe("");
    on.asAlice("rm ~/own-of-tests");
  });

  test("keeps existing files without overwrite; two files with one name are reported", async () => {
    expect(await on.put(on.site.file("@web/twice", "first"))).toMatchObject({ state: "finished" });
    expect(await on.put(on.site.file("@web/twice", "second"))).toMatchObject({ state: "refused", why: "file-exists" });
    expect(await on.put(on.site.file("@web/twice", "third", { overwrite: true }))).toMatchObject({ state: "finished" });
    expect(read(join(web, "twice"))).toBe("third");
    const failed = { state: "failed", code: 125, why: "files", text: expect.stringContaining(join(web, "same")) };
    expect(await on.put(on.site.file("@web/same", "1"), on.site.file("@web/same", "2"))).toMatchObject(failed);
    expect(read(join(web, "same"))).toBe("1");
  });

  test.each([
    ["@other/x", "no-such-folder"],
    ["@/x", "no-such-folder"],
    ["@web", "file-path"],
    ["@web/", "file-path"],
    ["@web/../x", "file-path"],
    ["@web/new/../../x", "file-path"],
    ["@web/out/x", "file-link"],
    ["@web/roots/x", "file-link"],
  ])("%s is refused by name, and by a dry run", async (path, why) => {
    const file = on.site.file(path, BYTES, { overwrite: true });
    expect(await on.put(file)).toMatchObject({ state: "refused", why });
    const check = { ...on.site.order({ argv: [], files: [file] }), kind: "check" } as const;
    on.site.send(on.site.key.message(check));
    expect(await on.site.until(check, "refused", "accepted")).toMatchObject({ state: "refused", why });
    for (const folder of [on.home, on.shared, dirname(on.shared)]) expect(existsSync(join(folder, "x"))).toBe(false);
  });

  test("is never left by what an archive has brought, and who executes that stays who they are", async () => {
    execFileSync("sh", [
      "-ec",
      `cd ${on.site.folder}; mkdir -p tree; ln -sf ${on.shared} tree/d; touch tree/s; chmod 6755 tree/s; tar -C tree -cf tree.tar .`,
    ]);
    const tar = on.site.file("@web/tree", readFileSync(join(on.site.folder, "tree.tar")), { unpack: "tar" });
    expect(await on.put(tar)).toMatchObject({ state: "finished" });
    expect((statSync(join(web, "tree/s")).mode & 0o7777).toString(8)).toBe("755");
    expect(await on.put(on.site.file("@web/tree/d/x", BYTES))).toMatchObject({ state: "refused", why: "file-link" });
    expect(existsSync(join(on.shared, "x"))).toBe(false);
  });

  test("whose members may use it is the node's choice; one that is not there is not made", async () => {
    share({ "folders.web.groups": ["nogroup-of-tests"] });
    const file = on.site.file("@web/members", BYTES);
    expect(await on.put(file)).toMatchObject({ state: "refused", why: "folder-not-allowed" });
    share({ "folders.web.groups": [execFileSync("id", ["-gn", on.site.user]).toString().trim()] });
    expect(await on.put(file)).toMatchObject({ state: "finished" });
    const gone = join(dirname(on.shared), "gone");
    share({ "folders.web.path": gone });
    expect(await on.put(file)).toMatchObject({ state: "refused", why: "no-such-folder" });
    expect(existsSync(gone)).toBe(false);
    share();
  });

  test("after an interrupted run lists the published files and removes the others, but none of another user's run of the same name", async () => {
    const files = ["published", "staged"].map((name) => on.site.file(`@web/${name}`, BYTES));
    const order = on.site.order({ files });
    const x = executionOf(order.run, "node1");
    const uid = IS_ROOT ? on.alice.uid : as.uid;
    const shares = new Map([["web", { folder: web, user: as.name, uid: as.uid }]]);
    const others = join(web, `.staged.${x}.1.1`);
    for (const path of [join(web, "published"), join(web, `.staged.${x}.1.${uid}`), others]) {
      writeFileSync(path, BYTES);
      if (IS_ROOT) chownSync(path, on.bob.uid, on.bob.gid);
    }
    const stager = on.looking();
    expect(await stager.placed({ order, uid, shared: shares })).toEqual([join(web, "published")]);
    expect(await stager.placed({ order, uid, shared: new Map() })).toBe(undefined);
    await stager.discard({ order, uid, shared: shares });
    expect(on.leftovers(order)).toBe(`${others}\n`);
  });
});

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { OrderedFile, OrderOf } from "../../../src/wire/fleet/order.ts";
import type { AgentSite } from "../../support/agent-site.ts";
import { type FileSite, IS_ROOT, startFileSite } from "../../support/file-site.ts";

let on: FileSite;

beforeAll(async () => {
  on = await startFileSite();
});

const read = (path: string) => readFileSync(path, "utf8");

test("the same file again is in place; with another mode, or of another user, it is another one", async () => {
  const path = join(on.shared, "same");
  for (let i = 0; i < 2; i += 1) expect(await on.put(on.site.file(path, "bytes"))).toMatchObject({ state: "finished" });
  const refused = { state: "refused", why: "file-exists", text: expect.stringContaining(path) };
  expect(await on.put(on.site.file(path, "other"))).toMatchObject(refused);
  expect(await on.put(on.site.file(path, "bytes", { mode: 0o600 }))).toMatchObject(refused);
  expect([read(path), (statSync(path).mode & 0o777).toString(8)]).toEqual(["bytes", "644"]);
  if (!IS_ROOT) return;
  on.asBob(`umask 022; printf bytes > ${on.shared}/of-bob`);
  expect(await on.put(on.site.file(join(on.shared, "of-bob"), "bytes"))).toMatchObject({
    state: "refused",
    why: "file-exists",
  });
});

describe("nodes that have one folder in common", () => {
  let second: AgentSite;

  beforeAll(async () => {
    second = await on.site.another("node2");
    second.trust(`${on.alice.name} ${on.site.key.line}\n`);
    await second.start();
  });

  function both(files: readonly OrderedFile[]): OrderOf<"run"> {
    const order = on.site.order({ nodes: ["node1", "node2"], argv: [], files });
    for (const each of [on.site, second]) each.send(on.site.key.message(order));
    return order;
  }

  test("each stages its own, and what one discards the other still has", async () => {
    const files = ["one", "two"].map((name) => on.site.file(join(on.shared, "common", name), name));
    const [one, two] = files.map(({ sha256 }) => sha256);
    second.blobs.set(one ?? "", Buffer.from("one"));
    on.site.blobs.delete(two ?? "");
    const order = both(files);
    await Promise.all([on.site, second].map((each) => each.until(order, "waiting")));
    second.cancel(order, on.site.key, { nodes: ["node2"] });
    await second.until(order, "cancelled");
    on.site.blobs.set(two ?? "", Buffer.from("two"));
    expect(await on.site.until(order, "finished", "failed")).toMatchObject({ state: "finished" });
    expect(["one", "two"].map((name) => read(join(on.shared, "common", name)))).toEqual(["one", "two"]);
    expect(["node1", "node2"].map((node) => on.leftovers(order, node))).toEqual(["", ""]);
  });

  test("both put the same file there, with overwrite and without", async () => {
    for (const overwrite of [false, true, false]) {
      const file = on.site.file(join(on.shared, "common/same"), "same", { overwrite });
      second.blobs.set(file.sha256, Buffer.from("same"));
      const order = both([file]);
      const states = await Promise.all(
        [on.site, second].map((each) => each.until(order, "finished", "failed", "refused")),
      );
      expect(states.map(({ state }) => state)).toEqual(["finished", "finished"]);
      expect(["node1", "node2"].map((node) => on.leftovers(order, node))).toEqual(["", ""]);
    }
    expect(read(join(on.shared, "common/same"))).toBe("same");
  });
});

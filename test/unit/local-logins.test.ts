import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { LocalLogins } from "../../src/auth/local-logins.ts";
import { addressAudience, localProof } from "../../src/host/local-proof.ts";
import type { User } from "../../src/host/users.ts";
import { afterwards } from "../support/cleanup.ts";
import { tempFolder } from "../support/temp-folder.ts";

const UID = process.getuid?.() ?? 0;
const USERS: Readonly<Record<string, User>> = {
  me: { name: "me", uid: UID, gid: 0 },
  nobody: { name: "nobody", uid: 65_534, gid: 65_534 },
};
const HERE = "http://127.0.0.1:8080";

async function start() {
  const clock = { nowMs: 0 };
  const folder = join(await tempFolder(), "logins");
  const logins = new LocalLogins({
    folder,
    users: { byName: async (name) => USERS[name] },
    uid: UID,
    log: { event: () => undefined },
    nowMs: () => clock.nowMs,
  });
  afterwards(async () => logins.close());
  const create = async (): Promise<{ id: string; path: string; secret: string }> => {
    const path = (await logins.create("me")) ?? "";
    return { path, id: basename(path), secret: readFileSync(path, "utf8").trimEnd() };
  };
  return { clock, folder, logins, create };
}

describe("a local login", () => {
  test("is that of the user who has read the file, once", async () => {
    const { logins, create } = await start();
    const { id, path, secret } = await create();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const proof = localProof(secret, HERE);
    expect(logins.redeem(id, proof, HERE)).toEqual({ user: "me", uid: UID });
    expect(existsSync(path)).toBe(false);
    expect(logins.redeem(id, proof, HERE)).toBeUndefined();
  });

  test.each([
    ["a wrong proof", (secret: string) => localProof(`${secret}x`, HERE)],
    ["no proof", () => ""],
    // A server of another user passed our challenge on as its own.
    ["a proof for another address", (secret: string) => localProof(secret, "http://127.0.0.1:9999")],
  ])("%s is refused, and uses the challenge up", async (_, proofOf) => {
    const { logins, create } = await start();
    const { id, path, secret } = await create();
    expect(logins.redeem(id, proofOf(secret), HERE)).toBeUndefined();
    expect(existsSync(path)).toBe(false);
    expect(logins.redeem(id, localProof(secret, HERE), HERE)).toBeUndefined();
  });

  test("is over after half a minute; the fifth challenge of a user takes the place of the first", async () => {
    const { clock, logins, create } = await start();
    const old = await create();
    clock.nowMs = 30_000;
    expect(logins.redeem(old.id, localProof(old.secret, HERE), HERE)).toBeUndefined();
    const all = [await create(), await create(), await create(), await create(), await create()];
    expect(all.map(({ path }) => existsSync(path))).toEqual([false, true, true, true, true]);
  });

  test("is not made for somebody who does not exist; an earlier start's files are removed", async () => {
    const { folder, logins, create } = await start();
    expect(await logins.create("nobody-here")).toBeUndefined();
    // As with a password: not for what may be anybody.
    expect(await logins.create("nobody")).toBeUndefined();
    const { path } = await create();
    const users = { byName: async () => undefined };
    new LocalLogins({ folder, users, uid: UID, log: { event: () => undefined }, nowMs: () => 0 }).close();
    expect(existsSync(path)).toBe(false);
  });
});

test.each([
  ["127.0.0.1", 80, "http://127.0.0.1:80"],
  ["::ffff:127.0.0.1", 8080, "http://127.0.0.1:8080"],
  ["::1", 8080, "http://[::1]:8080"],
])("the audience of %s", (address, port, audience) => {
  expect(addressAudience(address, port)).toBe(audience);
});

import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type AuthClientOptions, createAuthClient, type Login } from "../../src/auth/auth-client.ts";
import { childChannel, type OpenChannel, socketChannel } from "../../src/auth/channel.ts";
import type { AskPam, PamQuestion } from "../../src/auth/pam.ts";
import { serveAuth } from "../../src/auth/serve-auth.ts";
import type { Getent } from "../../src/host/getent.ts";
import type { LogFields } from "../../src/host/log.ts";
import { createUserDirectory, type User, type UserDirectory } from "../../src/host/users.ts";
import { afterwards } from "../support/cleanup.ts";
import { deferred } from "../support/deferred.ts";
import { poll } from "../support/poll.ts";
import { tempFolder } from "../support/temp-folder.ts";

const USERS: readonly User[] = [
  { name: "alice", uid: 1001, gid: 1001 },
  { name: "al", uid: 1001, gid: 1001 },
  { name: "toor", uid: 0, gid: 0 },
  { name: "nobody", uid: 65_534, gid: 65_534 },
];

const DIRECTORY: UserDirectory = {
  byUid: async (uid) => USERS.find((user) => user.uid === uid),
  byName: async (name) => USERS.find((user) => user.name === name),
  groupId: async () => undefined,
  isMember: async () => false,
};

/** A log in memory; it must never hold a password. */
function memoryLog() {
  const lines: string[] = [];
  return {
    lines,
    event: (_severity: string, message: string, fields: LogFields = {}) => {
      lines.push(`${message} ${JSON.stringify(fields)}`);
    },
  };
}

/** `check`: whether PAM accepts; it throws when PAM fails. */
async function serve(check: (question: PamQuestion) => Promise<boolean>) {
  return serveWith(async (question) => {
    const uid = USERS.find(({ name }) => name === question.user)?.uid ?? 4_711;
    try {
      return (await check(question)) ? { result: "accepted", uid } : { result: "denied" };
    } catch (error) {
      return { result: "unavailable", reason: String(error) };
    }
  });
}

async function serveWith(askPam: AskPam) {
  const path = join(await tempFolder(), "auth.sock");
  const log = memoryLog();
  const server = await serveAuth({ endpoint: { path }, askPam, log });
  afterwards(() => server.close());
  return { path, log, server };
}

function clientOf(open: OpenChannel, options: Partial<AuthClientOptions> = {}) {
  const log = memoryLog();
  const client = createAuthClient({ open, users: DIRECTORY, log, ...options });
  afterwards(() => client.close());
  const authenticate = (user: string, password: string, more: Partial<Login> = {}) =>
    client.authenticate({ user, password, address: "192.0.2.1", isKnown: false, ...more });
  return { ...client, authenticate, log };
}

/** A child that does what `script` says with `stream`, its end of the channel. */
function scripted(script: string): OpenChannel {
  const program = `const stream = new (require("node:net").Socket)({ fd: 3 }); ${script}`;
  return childChannel([process.execPath, "-e", program]);
}

describe("authentication", () => {
  test.each([
    ["the right password", "alice", "right", { is: "accepted", user: "alice", uid: 1001, stamp: "" }],
    ["another name of the same uid", "al", "right", { is: "accepted", user: "alice", uid: 1001, stamp: "" }],
    ["a wrong password", "alice", "wrong", { is: "denied" }],
    ["an empty password", "alice", "", { is: "denied" }],
    ["root by another name", "toor", "right", { is: "denied" }],
    ["the overflow uid", "nobody", "right", { is: "denied" }],
    ["a user that only PAM knows", "ghost", "right", { is: "denied" }],
    ["PAM itself failing", "alice", "broken", { is: "unavailable" }],
    ["a name with a NUL", "alice\0x", "right", { is: "denied" }],
    ["a password with a NUL", "alice", "right\0x", { is: "denied" }],
    ["a name longer than any", "a".repeat(127), "right", { is: "denied" }],
    ["a password longer than PAM's replies, in octets", "alice", "ä".repeat(256), { is: "denied" }],
    ["no name", "", "right", { is: "denied" }],
  ])("answers %s", async (_, user, password, expected) => {
    const asked: string[] = [];
    const { path, log } = await serve(async ({ user: name, password: secret }) => {
      asked.push(name);
      if (secret === "broken") throw new Error("System error");
      return secret === "right";
    });
    const client = clientOf(socketChannel(path));
    expect(await client.authenticate(user, password)).toEqual(expected);
    // PAM's response time would reveal whether this user's password is right.
    if (!["alice", "al"].includes(user)) expect(asked).toEqual([]);
    if (password !== "") expect([...log.lines, ...client.log.lines].join("\n")).not.toContain(password);
  });

  test("is for who has the name and the uid now, whatever was remembered of their former user", async () => {
    const passwd = new Map([
      ["1001", "alice:x:1001:1001::/:/bin/sh"],
      ["bob", "bob:x:1002:1002::/:/bin/sh"],
    ]);
    const ask: Getent = async (_, key) => {
      const line = passwd.get(key);
      return line === undefined ? { kind: "missing" } : { kind: "found", line };
    };
    const users = createUserDirectory({ ask, nowMs: () => 0 });
    await Promise.all([users.byUid(1001), users.byName("bob")]);
    for (const key of ["1001", "bob"]) passwd.set(key, "bob:x:1001:1001::/:/bin/sh");
    const { path } = await serveWith(async () => ({ result: "accepted", uid: 1001 }));
    const client = clientOf(socketChannel(path), { users });
    expect(await client.authenticate("bob", "right")).toMatchObject({ is: "accepted", user: "bob", uid: 1001 });
    expect(users.knownUid(1001)?.value).toMatchObject({ name: "bob" });
  });

  test("asks PAM four times at once, queues eight of one address, and refuses the rest immediately", async () => {
    let running = 0;
    let most = 0;
    const { promise: released, resolve: release } = deferred();
    const { path } = await serve(async () => {
      running += 1;
      most = Math.max(most, running);
      await released;
      running -= 1;
      return true;
    });
    const client = clientOf(socketChannel(path));
    const results: string[] = [];
    const ask = async (more: Partial<Login>) =>
      void results.push((await client.authenticate("alice", "right", more)).is);
    const all = Array.from({ length: 40 }, () => ask({}));
    await poll("the surplus is refused", () => results.length === 28);
    expect(new Set(results)).toEqual(new Set(["unavailable"]));
    all.push(ask({ address: "192.0.2.2" }));
    release();
    await Promise.all(all);
    expect(results.filter((is) => is === "accepted")).toHaveLength(13);
    expect(most).toBe(4);
  });

  test("relays PAM's further questions and the person's replies", async () => {
    const asked: unknown[] = [];
    const { path } = await serveWith(async ({ password }, onPrompt) => {
      asked.push(password, await onPrompt("Code: ", true));
      const isRight = (await onPrompt("Another: ", false)) === "7";
      return isRight ? { result: "accepted", uid: 1001 } : { result: "denied" };
    });
    const client = clientOf(socketChannel(path));
    const first = await client.authenticate("alice", "right");
    expect(first).toMatchObject({ is: "asked", prompt: "Code: ", isEcho: true });
    const second = first.is === "asked" ? await first.reply("123456") : first;
    expect(second).toMatchObject({ is: "asked", prompt: "Another: ", isEcho: false });
    expect(second.is === "asked" && (await second.reply("7"))).toMatchObject({ is: "accepted", user: "alice" });
    expect(asked).toEqual(["right", "123456"]);
  });

  test("ends the conversation with PAM when the person has left or sends what PAM cannot take", async () => {
    const replies: unknown[] = [];
    const { path } = await serveWith(async (_, onPrompt) => {
      replies.push(await onPrompt("Code: ", true));
      return { result: "denied" };
    });
    const client = clientOf(socketChannel(path));
    for (const text of ["12\0", "x".repeat(600)]) {
      const step = await client.authenticate("alice", "right");
      expect(step.is === "asked" && (await step.reply(text))).toEqual({ is: "denied" });
    }
    const step = await client.authenticate("alice", "right");
    if (step.is === "asked") step.cancel();
    await poll("all are over", () => replies.length === 3);
    expect(replies).toEqual([undefined, undefined, undefined]);
  });

  test.each([
    ["one that may log in", { result: "accepted", uid: 1001 }, { uid: 1001, stamp: "" }],
    ["one that has expired", { result: "denied" }, "ended"],
    ["one whose state cannot be read", { result: "unavailable", reason: "x" }, "unavailable"],
  ] as const)("says what has become of an account: %s", async (_, answer, expected) => {
    const { path } = await serveWith(async ({ password }) => (password === undefined ? answer : { result: "denied" }));
    expect(await clientOf(socketChannel(path)).account("nobody-has-this-name")).toEqual(expected);
  });

  test("opens its socket to owner and group only, and replaces one left behind", async () => {
    const { path } = await serve(async () => true);
    const again = await serveAuth({
      endpoint: { path },
      askPam: async () => ({ result: "accepted", uid: 1001 }),
      log: memoryLog(),
    });
    afterwards(() => again.close());
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(await clientOf(socketChannel(path)).authenticate("alice", "x")).toMatchObject({ is: "accepted" });
  });

  test.each([
    ["no JSON", "hello\n"],
    ["no password", '{"id":1,"user":"alice"}\n'],
    ["an endless line", "x".repeat(10_000)],
    ["a long line with an end", `{"id":1,"user":"${"a".repeat(9_000)}","password":"x"}\n`],
  ])("hangs up on %s", async (_, text) => {
    const { path } = await serve(async () => true);
    const socket = connect({ path });
    socket.write(text);
    socket.resume();
    await once(socket, "close");
  });

  test("reads requests wherever they are split", async () => {
    const { path } = await serve(async () => true);
    const socket = connect({ path });
    afterwards(() => void socket.destroy());
    let answers = "";
    socket.on("data", (data: Buffer) => {
      answers += data.toString();
    });
    for (const octet of Buffer.from('{"id":1,"user":"ä","password":"b"}\n{"id":2,"user":"a","password":"b"}\n')) {
      await new Promise((resolve) => socket.write(Buffer.from([octet]), resolve));
    }
    await poll("both are answered", () => answers.split("\n").length === 3);
  });
});

describe("the collector's side of authentication", () => {
  test("answers unavailable when the process ends without an answer, and later starts another", async () => {
    let nowMs = 0;
    let starts = 0;
    const dying = scripted('stream.on("data", () => process.exit(1));');
    const open = () => {
      starts += 1;
      return dying();
    };
    const client = clientOf(open, { nowMs: () => nowMs });
    expect(await client.authenticate("alice", "x")).toEqual({ is: "unavailable" });
    expect(await client.authenticate("alice", "x")).toEqual({ is: "unavailable" });
    expect(starts).toBe(1);
    nowMs = 250;
    await client.authenticate("alice", "x");
    expect(starts).toBe(2);
    nowMs = 500;
    await client.authenticate("alice", "x");
    expect(starts).toBe(2);
    nowMs = 30_500;
    await client.authenticate("alice", "x");
    expect(starts).toBe(3);
  });

  test("waits its full time, whatever happens to the machine's clock", async () => {
    // No time passes at all.
    vi.useFakeTimers({ toFake: ["Date", "performance"] });
    afterwards(() => void vi.useRealTimers());
    let starts = 0;
    const missing = socketChannel("/nonexistent/auth.sock");
    const client = clientOf(() => {
      starts += 1;
      return missing();
    });
    for (let i = 0; i < 2; i += 1) {
      await client.authenticate("alice", "x");
      vi.setSystemTime(Date.now() + 3_600_000);
    }
    expect(starts).toBe(1);
  });

  test.each([
    ["cannot be started", childChannel(["/nonexistent/program"])],
    ["is not there", socketChannel("/nonexistent/auth.sock")],
    ["answers junk", scripted('stream.on("data", () => stream.write("junk\\n"));')],
    ["answers without an end", scripted('stream.on("data", () => stream.write("x".repeat(9000)));')],
  ])("answers unavailable when the process %s", async (_, open) => {
    expect(await clientOf(open).authenticate("alice", "x")).toEqual({ is: "unavailable" });
  });

  test("gives up on a process that hangs, and kills it", async () => {
    const pidFile = join(await tempFolder(), "pid");
    const writePid = `require("node:fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));`;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    afterwards(() => void vi.useRealTimers());
    const client = clientOf(scripted(`${writePid} setInterval(() => {}, 1000);`), { timeoutMs: 1_000 });
    const answer = client.authenticate("alice", "x");
    const written = () => existsSync(pidFile) && /^\d+$/.exec(readFileSync(pidFile, "utf8"))?.[0];
    const pid = await poll("it has started", written);
    vi.advanceTimersByTime(1_000);
    expect(await answer).toEqual({ is: "unavailable" });
    await poll("it is gone", () => !existsSync(`/proc/${pid}`));
  });

  test("answers waiting requests when it is closed", async () => {
    const { path } = await serve(() => new Promise(() => undefined));
    const client = clientOf(socketChannel(path));
    const waiting = client.authenticate("alice", "x");
    client.close();
    expect(await waiting).toEqual({ is: "unavailable" });
    expect(await client.authenticate("alice", "x")).toEqual({ is: "unavailable" });
  });

  test("matches answers that arrive out of order", async () => {
    const { path } = await serve(async ({ user }) => {
      if (user === "alice") await new Promise((resolve) => setImmediate(resolve));
      return user === "alice";
    });
    const client = clientOf(socketChannel(path));
    const [first, second] = await Promise.all([client.authenticate("alice", "x"), client.authenticate("al", "x")]);
    expect([first.is, second.is]).toEqual(["accepted", "denied"]);
  });
});

import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { type AuthClientOptions, createAuthClient } from "../../src/auth/auth-client.ts";
import { childChannel, type OpenChannel, socketChannel } from "../../src/auth/channel.ts";
import type { PasswordCheck } from "../../src/auth/pam.ts";
import { serveAuth } from "../../src/auth/serve-auth.ts";
import type { LogFields } from "../../src/host/log.ts";
import type { User, UserDirectory } from "../../src/host/users.ts";
import { afterwards } from "../support/cleanup.ts";
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
  isMember: async () => false,
};

/** A log in memory: nothing that it holds may be a password. */
function memoryLog() {
  const lines: string[] = [];
  return {
    lines,
    event: (_severity: string, message: string, fields: LogFields = {}) => {
      lines.push(`${message} ${JSON.stringify(fields)}`);
    },
  };
}

async function serve(check: PasswordCheck) {
  const path = join(await tempFolder(), "auth.sock");
  const log = memoryLog();
  const server = await serveAuth({ endpoint: { path }, check, log, onHang: () => {} });
  afterwards(() => server.close());
  return { path, log, server };
}

function clientOf(open: OpenChannel, options: Partial<AuthClientOptions> = {}) {
  const log = memoryLog();
  const client = createAuthClient({ open, users: DIRECTORY, log, ...options });
  afterwards(() => client.close());
  return { ...client, log };
}

/** A child that does what `script` says with `stream`, its end of the channel. */
function scripted(script: string): OpenChannel {
  const program = `const stream = new (require("node:net").Socket)({ fd: 3 }); ${script}`;
  return childChannel([process.execPath, "-e", program]);
}

describe("authentication", () => {
  test.each([
    ["the right password", "alice", "right", { ok: true, user: "alice", uid: 1001 }],
    ["another name of the same uid", "al", "right", { ok: true, user: "alice", uid: 1001 }],
    ["a wrong password", "alice", "wrong", { ok: false, reason: "denied" }],
    ["an empty password", "alice", "", { ok: false, reason: "denied" }],
    ["root by another name", "toor", "right", { ok: false, reason: "denied" }],
    ["the overflow uid", "nobody", "right", { ok: false, reason: "denied" }],
    ["a user that only PAM knows", "ghost", "right", { ok: false, reason: "unavailable" }],
    ["PAM itself failing", "alice", "broken", { ok: false, reason: "unavailable" }],
    ["a name with a NUL", "alice\0x", "right", { ok: false, reason: "denied" }],
    ["a password with a NUL", "alice", "right\0x", { ok: false, reason: "denied" }],
    ["a name longer than the add-on's buffer", "a".repeat(127), "right", { ok: false, reason: "denied" }],
    ["a password longer than that, in octets", "alice", "ä".repeat(64), { ok: false, reason: "denied" }],
    ["no name", "", "right", { ok: false, reason: "denied" }],
  ])("answers %s", async (_, user, password, expected) => {
    const asked: string[] = [];
    const { path, log } = await serve(async (name, secret) => {
      asked.push(name);
      if (secret === "broken") throw new Error("System error");
      return secret === "right";
    });
    const client = clientOf(socketChannel(path));
    expect(await client.authenticate(user, password)).toEqual(expected);
    if (user.includes("\0") || user.length > 126) expect(asked).toEqual([]);
    if (password !== "") expect([...log.lines, ...client.log.lines].join("\n")).not.toContain(password);
  });

  test("asks PAM four times at once, lets twelve wait, and refuses the others at once", async () => {
    let running = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { path } = await serve(async () => {
      running += 1;
      most = Math.max(most, running);
      await released;
      running -= 1;
      return true;
    });
    const client = clientOf(socketChannel(path));
    const reasons: string[] = [];
    const all = Array.from({ length: 40 }, async () => {
      const result = await client.authenticate("alice", "right");
      reasons.push(result.ok ? "ok" : result.reason);
    });
    await poll("the surplus is refused", () => reasons.length === 24);
    expect(new Set(reasons)).toEqual(new Set(["unavailable"]));
    release();
    await Promise.all(all);
    expect(reasons.filter((reason) => reason === "ok")).toHaveLength(16);
    expect(most).toBe(4);
  });

  test("ends when PAM does not come back from a check", async () => {
    const path = join(await tempFolder(), "auth.sock");
    const log = memoryLog();
    await new Promise<void>((resolve, reject) => {
      const check = () => new Promise<never>(() => {});
      serveAuth({ endpoint: { path }, check, log, onHang: resolve, hangsAfterMs: 1 }).then((server) => {
        afterwards(() => server.close());
        void clientOf(socketChannel(path)).authenticate("alice", "x");
      }, reject);
    });
    expect(log.lines.join()).toContain("PAM does not come back from a check");
  });

  test("opens its socket for owner and group only, also where an old one was left", async () => {
    const { path } = await serve(async () => true);
    const again = await serveAuth({
      endpoint: { path },
      check: async () => true,
      log: memoryLog(),
      onHang: () => {},
    });
    afterwards(() => again.close());
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(await clientOf(socketChannel(path)).authenticate("alice", "x")).toMatchObject({ ok: true });
  });

  test.each([
    ["no JSON", "hello\n"],
    ["no password", '{"id":1,"user":"alice"}\n'],
    ["an endless line", "x".repeat(10_000)],
    ["a long line with an end", `{"id":1,"user":"${"a".repeat(5_000)}","password":"x"}\n`],
  ])("hangs up on %s", async (_, text) => {
    const { path } = await serve(async () => true);
    const socket = connect({ path });
    socket.write(text);
    socket.resume();
    await once(socket, "close");
  });

  test("reads requests however they are cut", async () => {
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
  test("says unavailable when the process ends without an answer, and starts another one after a while", async () => {
    let nowMs = 0;
    let starts = 0;
    const dying = scripted('stream.on("data", () => process.exit(1));');
    const open = () => {
      starts += 1;
      return dying();
    };
    const client = clientOf(open, { now: () => nowMs });
    expect(await client.authenticate("alice", "x")).toEqual({ ok: false, reason: "unavailable" });
    expect(await client.authenticate("alice", "x")).toEqual({ ok: false, reason: "unavailable" });
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

  test("waits as long as it takes, whatever is done to the machine's clock", async () => {
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
  ])("says unavailable when the process %s", async (_, open) => {
    expect(await clientOf(open).authenticate("alice", "x")).toEqual({ ok: false, reason: "unavailable" });
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
    expect(await answer).toEqual({ ok: false, reason: "unavailable" });
    await poll("it is gone", () => !existsSync(`/proc/${pid}`));
  });

  test("answers those that wait when it is closed", async () => {
    const { path } = await serve(() => new Promise(() => undefined));
    const client = clientOf(socketChannel(path));
    const waiting = client.authenticate("alice", "x");
    client.close();
    expect(await waiting).toEqual({ ok: false, reason: "unavailable" });
    expect(await client.authenticate("alice", "x")).toEqual({ ok: false, reason: "unavailable" });
  });

  test("is not confused by answers in another order", async () => {
    const { path } = await serve(async (user) => {
      if (user === "alice") await new Promise((resolve) => setImmediate(resolve));
      return user === "alice";
    });
    const client = clientOf(socketChannel(path));
    const [first, second] = await Promise.all([client.authenticate("alice", "x"), client.authenticate("al", "x")]);
    expect([first.ok, second.ok]).toEqual([true, false]);
  });
});

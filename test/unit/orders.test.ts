import { execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { executionOf } from "../../src/orders/execution-of.ts";
import { type Opened, openOrder, type Trusts } from "../../src/orders/open-order.ts";
import { ed25519Blob } from "../../src/orders/public-key.ts";
import { openSshsig, signSshsig } from "../../src/orders/sshsig.ts";
import { parseTrust, parseWebTrust } from "../../src/orders/trust.ts";
import { encodeOrder, type Order, parseOrder } from "../../src/wire/fleet/order.ts";
import { encodeSignedOrder } from "../../src/wire/fleet/signed-order.ts";
import { parseExecutionId } from "../../src/wire/ids.ts";
import { afterwards } from "../support/cleanup.ts";
import { cancelOrder, FLEET, FleetKey, newRun, runOrder } from "../support/fleet-keys.ts";
import { tempFolder } from "../support/temp-folder.ts";

const NOW_MS = Date.now();
let folder: string;
let alice: FleetKey;
let stranger: FleetKey;
let trusts: Trusts;

beforeAll(async () => {
  folder = await tempFolder();
  alice = FleetKey.make(folder, "alice");
  stranger = FleetKey.make(folder, "stranger");
  trusts = { ssh: parseTrust(`alice ${alice.line}\n`).trust, web: new Map() };
});

const open = (message: string, more: Partial<Trusts> = {}): Opened =>
  openOrder(message, { trusts: { ...trusts, ...more }, nowMs: NOW_MS });

const outcome = (opened: Opened): string => (opened.kind === "order" ? "taken" : opened.why);

describe("signatures of real ssh-keygen", () => {
  test.each([
    ["ed25519", ["-t", "ed25519"]],
    ["rsa", ["-t", "rsa", "-b", "2048"]],
    ["ecdsa-256", ["-t", "ecdsa", "-b", "256"]],
    ["ecdsa-384", ["-t", "ecdsa", "-b", "384"]],
    ["ecdsa-521", ["-t", "ecdsa", "-b", "521"]],
  ])("%s: taken as made, and with no changed bit", (name, type) => {
    const key = FleetKey.make(folder, name, ...type);
    const text = encodeOrder(runOrder());
    const armoured = key.sign(text);
    expect(openSshsig(armoured)?.publicKey.toString("base64")).toBe(key.line.split(" ")[1]);
    expect(openSshsig(armoured)?.verify(Buffer.from(text))).toBe(true);
    const [head = "", ...rest] = armoured.trimEnd().split("\n");
    const body = Buffer.from(rest.slice(0, -1).join(""), "base64");
    const changed = Array.from({ length: Math.ceil(body.length / 3) }, (_, i) => {
      const at = 3 * i;
      const copy = Buffer.from(body);
      copy[at] = (copy[at] ?? 0) ^ (1 << (i % 8));
      return `${head}\n${copy.toString("base64")}\n${rest.at(-1)}\n`;
    });
    const isTaken = (one: string) => {
      const opened = openSshsig(one);
      const isSameKey = opened?.publicKey.toString("base64") === key.line.split(" ")[1];
      return isSameKey && opened?.namespace === "marcologger-order" && opened.verify(Buffer.from(text));
    };
    expect(changed.filter(isTaken)).toEqual([]);
  });

  test("a short RSA key is no key", () => {
    const short = FleetKey.make(folder, "short", "-t", "rsa", "-b", "1024");
    expect(openSshsig(short.sign("x"))?.verify(Buffer.from("x"))).toBe(false);
    expect(parseTrust(`alice ${short.line}`).faults).toHaveLength(1);
  });

  test("a key that only ssh-agent holds signs", async () => {
    const socket = join(folder, "agent");
    const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: ["ignore", "pipe", "ignore"] });
    afterwards(() => void agent.kill());
    await new Promise((resolve) => agent.stdout.once("data", resolve));
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    execFileSync("ssh-add", ["-q", alice.path], { env, stdio: "ignore" });
    const args = ["-q", "-Y", "sign", "-f", alice.publicOnly(), "-n", "marcologger-order"];
    const order = encodeOrder(runOrder());
    const sig = execFileSync("ssh-keygen", args, { env, input: order, stdio: ["pipe", "pipe", "ignore"] }).toString();
    expect(outcome(open(encodeSignedOrder({ order, sig })))).toBe("taken");
  });

  test("ssh-keygen accepts what we sign", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const text = encodeOrder(runOrder({ via: "web" }));
    const sig = signSshsig(Buffer.from(text), { namespace: "marcologger-web", key: privateKey });
    const line = `ssh-ed25519 ${ed25519Blob(publicKey).toString("base64")}`;
    writeFileSync(join(folder, "allowed"), `alice ${line}\n`);
    writeFileSync(join(folder, "own.sig"), sig);
    const args = ["-Y", "verify", "-f", join(folder, "allowed"), "-I", "alice", "-n", "marcologger-web"];
    const said = execFileSync("ssh-keygen", [...args, "-s", join(folder, "own.sig")], { input: text });
    expect(said.toString()).toContain("Good");
    expect(outcome(open(encodeSignedOrder({ order: text, sig }), { web: parseWebTrust(line).trust }))).toBe("taken");
  });
});

describe("the way of an order", () => {
  test("is opened with its user, bytes and digest", () => {
    const order = runOrder();
    expect(open(alice.message(order))).toMatchObject({ kind: "order", order, signed: { order: encodeOrder(order) } });
  });

  test.each<[string, string, () => string]>([
    ["a foreign key", "key-not-trusted", () => stranger.message(runOrder())],
    ["another user's name", "key-not-of-this-user", () => alice.message(runOrder({ user: "bob" }))],
    ["root's name", "key-not-of-this-user", () => alice.message(runOrder({ user: "root" }))],
    ["a user's key as the web's", "other-way", () => alice.message(runOrder({ via: "web" }))],
    [
      "an order that says more than the signed one",
      "signature-wrong",
      () => {
        const signed = alice.signed(runOrder());
        return encodeSignedOrder({ ...signed, order: signed.order.replace('["true"]', '["evil"]') });
      },
    ],
    [
      "another namespace",
      "other-namespace",
      () => {
        const order = encodeOrder(runOrder());
        return encodeSignedOrder({ order, sig: alice.sign(order, "git") });
      },
    ],
    [
      "the web's namespace of a user's key",
      "other-namespace",
      () => {
        const order = encodeOrder(runOrder());
        return encodeSignedOrder({ order, sig: alice.sign(order, "marcologger-web") });
      },
    ],
    ["no JSON", "malformed-message", () => "{"],
    ["no signature", "malformed-message", () => JSON.stringify({ order: encodeOrder(runOrder()), sig: "none" })],
    ["a message too long", "too-long", () => " ".repeat(200_000)],
  ])("%s: %s", (_what, why, make) => {
    expect(outcome(open(make()))).toBe(why);
  });

  test.each<[string, (text: string) => string]>([
    [
      "reordered keys",
      (text) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse())),
    ],
    ["spaces", (text) => JSON.stringify(JSON.parse(text), null, 1)],
    ["a key twice", (text) => text.replace('"v":1,', '"v":1,"v":1,')],
    ["a key more", (text) => text.replace('"v":1,', '"v":1,"w":1,')],
    ["a newline at its end", (text) => `${text}\n`],
    ["an escape that is not needed", (text) => text.replace("true", "\\u0074rue")],
    ["a number as 1e0", (text) => text.replace('"v":1,', '"v":1e0,')],
    ["no version", (text) => text.replace('"v":1,', "")],
  ])("a trusted key that signed %s: malformed-order", (_what, spell) => {
    const order = spell(encodeOrder(runOrder()));
    expect(outcome(open(encodeSignedOrder({ order, sig: alice.sign(order) })))).toBe("malformed-order");
  });

  test("a trusted key that signed a newer version, whatever it has: other-version", () => {
    const order = encodeOrder(runOrder()).replace('"v":1,', '"v":2,"priority":9,');
    expect(outcome(open(encodeSignedOrder({ order, sig: alice.sign(order) })))).toBe("other-version");
    expect(outcome(open(encodeSignedOrder({ order, sig: alice.sign(`${order} `) })))).toBe("signature-wrong");
  });

  test("no byte of a message can change", () => {
    const message = alice.message(runOrder());
    const isHarmless = (text: string) => {
      const opened = open(text);
      // The last newline of the armour may be left out.
      return opened.kind === "refused" || opened.signed.order === JSON.parse(message).order;
    };
    const bytes = Buffer.from(message);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] ?? 0) ^ change;
        expect(isHarmless(copy.toString("latin1"))).toBe(true);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe("a trust file", () => {
  test("limits a key to purposes and times, in UTC", () => {
    const of = (options: string) =>
      outcome(open(alice.message(runOrder()), { ssh: parseTrust(`alice,bob ${options} ${alice.line}`).trust }));
    expect(of('namespaces="marcologger-order,git"')).toBe("taken");
    expect(of('namespaces="git"')).toBe("key-not-for-this");
    expect(of('valid-before="20200101"')).toBe("key-expired");
    expect(of('valid-after="20990101Z",valid-before="29990101"')).toBe("key-expired");
    expect(of('valid-before="29990101"')).toBe("taken");
  });

  test.each([
    ["cert-authority", "alice cert-authority KEY"],
    ["a pattern", "al* KEY"],
    ["everybody", "* KEY"],
    ["an unknown option", 'alice from="10.0.0.1" KEY'],
    ["a wrong time", 'alice valid-before="20261399" KEY'],
    ["a cut key", "alice ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"],
    ["another type than its key's", "alice KEYx"],
    ["a path", "../alice KEY"],
  ])("trusts nobody for a line with %s", (_what, line) => {
    const { trust, faults } = parseTrust(
      line.replace("KEYx", alice.line.replace("ssh-ed25519", "ssh-rsa")).replace("KEY", alice.line),
    );
    expect([trust.size, faults.length]).toEqual([0, 1]);
  });

  test.each(["first.last", "alice@corp", "Alice", "alice"])("takes the name %s, and comments", (user) => {
    const { trust, faults } = parseTrust(`# keys\n\n${user} ${alice.line} laptop of ${user}\n`);
    expect([[...trust.values()].flat()[0]?.users, faults]).toEqual([[user], []]);
  });
});

describe("an order", () => {
  const make: Readonly<Record<Order["kind"], () => Order>> = {
    run: () =>
      runOrder({
        env: ["A=b c"],
        files: [{ path: "~/m", sha256: FLEET, bytes: 1, mode: 0o644, overwrite: false, unpack: "" }],
      }),
    check: () => ({ ...runOrder(), kind: "check" }),
    cancel: () => cancelOrder(runOrder()),
    ask: () =>
      ({
        ...cancelOrder(runOrder()),
        kind: "ask",
        provider: "uptime",
        args: [],
        expires: Date.now() + 20_000,
      }) as unknown as Order,
    call: () =>
      ({
        ...cancelOrder(runOrder()),
        kind: "call",
        service: "tools/hello",
        input: "{}",
        expires: Date.now() + 20_000,
      }) as unknown as Order,
  };

  test.each(Object.keys(make) as Order["kind"][])("of kind %s has one spelling", (kind) => {
    const text = encodeOrder(make[kind]());
    expect(encodeOrder(parseOrder(text) as Order)).toBe(text);
    expect(Object.keys(JSON.parse(text) as object).slice(0, 5)).toEqual(["v", "kind", "fleet", "run", "user"]);
  });

  test.each<[string, Partial<ReturnType<typeof runOrder>>]>([
    ["no node", { nodes: [] }],
    ["a node twice", { nodes: ["node1", "node1"] }],
    ["a node in capitals", { nodes: ["Node1"] }],
    ["a node that is a path", { nodes: ["../x"] }],
    ["a life of more than a week", { issued: NOW_MS, expires: NOW_MS + 8 * 86_400_000 }],
    ["an end before its beginning", { issued: NOW_MS, expires: NOW_MS - 1 }],
    ["neither command nor files", { argv: [] }],
    ["an empty command", { argv: [""] }],
    ["NUL in an argument", { argv: ["a\0b"] }],
    ["half a character", { argv: ["\ud800"] }],
    ["a variable without =", { env: ["PATH"] }],
    ["a set-uid mode", { files: [{ path: "x", sha256: FLEET, bytes: 0, mode: 0o4755, overwrite: false, unpack: "" }] }],
    ["a service that is a path", { publish: "../x" }],
    ["a published name that is too long with its user's", { user: "u".repeat(100), publish: "p".repeat(60) }],
    ["a run that is no ULID", { run: "../../etc" }],
    ["a user that is a path", { user: "../root" }],
  ])("may not have %s", (_what, more) => {
    expect(() => encodeOrder(runOrder(more))).toThrow(RangeError);
    expect(parseOrder(JSON.stringify(runOrder(more)))).toBeUndefined();
  });

  test("gives each node's execution an id of its own, known before it starts", () => {
    const run = newRun();
    const ids = ["node1", "node2", "node1"].map((node) => executionOf(run, node));
    expect(ids.map(parseExecutionId)).toEqual(ids);
    expect(new Set([...ids, run]).size).toBe(3);
    expect(ids.every((id) => id.startsWith(run.slice(0, 10)))).toBe(true);
  });
});

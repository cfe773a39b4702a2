import { generateKeyPairSync } from "node:crypto";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readAuthority } from "../../src/orders/authority.ts";
import { proveWith } from "../../src/orders/certificate-proof.ts";
import { Hello, welcome } from "../../src/orders/handshake.ts";
import { isSealed, macOf } from "../../src/orders/seal.ts";
import { parseSeal, sealText } from "../../src/wire/fleet/session.ts";
import { FLEET_CERTIFICATES } from "../../src/wire/fleet-names.ts";
import { makeFleetPki } from "../support/fleet-broker.ts";
import { tempFolder } from "../support/temp-folder.ts";

const YEAR_MS = 365 * 86_400_000;
const MESSAGE = { subject: "fleet.seen.node1", counter: 7, payload: Buffer.from("{}") };
let pki: string;

beforeAll(async () => {
  pki = await makeFleetPki(["node1", "node2"]);
});

const trust = (nowMs = Date.now()) => ({ authority: readAuthority(pki).certificate, nowMs });
const isOfNode1 = (uri: string) => uri.startsWith("urn:marcologger:node:node1:");
const answer = (text: string, more: Partial<Parameters<typeof welcome>[2]> = {}, node = "node1") =>
  welcome(node, text, { trust: trust(), pki, isOfNode: isOfNode1, ...more });

function answered(hello: Hello, by = pki): string {
  const { text } = answer(hello.text, { pki: by }) ?? {};
  if (text === undefined) throw new Error("Not answered");
  return text;
}

/** A folder in which this certificate's holder stands in another one's place. */
async function posing(name: string, as: string, from = pki): Promise<string> {
  const folder = join(await tempFolder(), "posing");
  mkdirSync(folder);
  for (const end of ["crt", "key"]) copyFileSync(join(from, `${name}.${end}`), join(folder, `${as}.${end}`));
  return folder;
}

test("node and collector derive the same keys, one for each direction, others in each session", () => {
  const hello = new Hello("node1", pki);
  const theirs = answer(hello.text);
  const ours = hello.open(theirs?.text ?? "", trust());
  expect(theirs?.uri).toMatch(/^urn:marcologger:node:node1:/);
  expect(ours?.id).toMatch(/^[0-9a-f]{16}$/);
  expect(ours?.id).toBe(theirs?.keys.id);
  const keysOf = (keys: typeof ours) =>
    [keys?.fromNode, keys?.fromCollector].map((key) => key?.export().toString("hex"));
  expect(keysOf(ours)).toEqual(keysOf(theirs?.keys));
  const again = hello.open(answered(hello), trust());
  expect(new Set([...keysOf(ours), ...keysOf(again)]).size).toBe(4);
});

describe("the collector answers no hello", () => {
  test("of another node, a revoked certificate, or one that is not valid at the time", () => {
    const { text } = new Hello("node1", pki);
    expect(answer(text, {}, "node2")).toBeUndefined();
    expect(answer(new Hello("node2", pki).text)).toBeUndefined();
    expect(answer(text, { isOfNode: () => false })).toBeUndefined();
    expect(answer(text, { trust: trust(Date.now() + 3 * YEAR_MS) })).toBeUndefined();
  });

  test.each(["node2", FLEET_CERTIFICATES.broker, FLEET_CERTIFICATES.control, "collector"])(
    "that %s has signed in a node's place",
    async (name) => {
      expect(answer(new Hello("node1", await posing(name, "node1")).text)).toBeUndefined();
    },
  );

  test("of another fleet", async () => {
    expect(answer(new Hello("node1", await makeFleetPki(["node1"])).text)).toBeUndefined();
  });

  const parsed = () => JSON.parse(new Hello("node1", pki).text) as { readonly key: string };

  test("with a key that the node has not signed, or what is no hello", () => {
    const hello = parsed();
    for (const key of [parsed().key, "", "A".repeat(60)])
      expect(answer(JSON.stringify({ ...hello, key })), key).toBeUndefined();
    for (const text of ["", "{}", "null", `${JSON.stringify(hello)} x`]) expect(answer(text), text).toBeUndefined();
  });

  test("of a node that signs a key with which everybody has the same secret, or one of another kind", () => {
    const signed = (key: string) => {
      const proof = proveWith(join(pki, "node1"), Buffer.from(["marcologger hello", "node1", key].join("\0")));
      return answer(JSON.stringify({ v: 1, key, proof }));
    };
    const { key } = parsed();
    const ed25519 = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" });
    expect(signed(key)).toBeDefined();
    expect(signed(`${key.slice(0, 16)}${"A".repeat(43)}=`)).toBeUndefined();
    expect(signed(ed25519.toString("base64"))).toBeUndefined();
  });
});

describe("a node opens no session", () => {
  test("by the welcome to another hello, or at a time when the certificate is not valid", () => {
    const [hello, other] = [new Hello("node1", pki), new Hello("node1", pki)];
    expect(hello.open(answered(other), trust())).toBeUndefined();
    expect(hello.open(answered(hello), trust(Date.now() + 3 * YEAR_MS))).toBeUndefined();
    expect(hello.open(answered(hello), trust())).toBeDefined();
  });

  test.each(["node2", FLEET_CERTIFICATES.broker, FLEET_CERTIFICATES.system, "collector"])(
    "that %s welcomes it to in the collector's place",
    async (name) => {
      const hello = new Hello("node1", pki);
      const folder = await posing(name, FLEET_CERTIFICATES.control);
      expect(hello.open(answered(hello, folder), trust())).toBeUndefined();
    },
  );

  test("by its own hello, or by what is no welcome", () => {
    const hello = new Hello("node1", pki);
    for (const text of [hello.text, "", "-", "{}", answered(hello).replace('"v":1', '"v":2')])
      expect(hello.open(text, trust()), text).toBeUndefined();
  });
});

describe("a seal", () => {
  const keys = () => {
    const opened = answer(new Hello("node1", pki).text);
    if (opened === undefined) throw new Error("Not answered");
    return opened.keys;
  };

  test("fits its own message in its own direction, and no other", () => {
    const { fromNode, fromCollector } = keys();
    const mac = macOf(fromNode, MESSAGE);
    expect(isSealed(fromNode, MESSAGE, mac)).toBe(true);
    expect(isSealed(fromCollector, MESSAGE, mac)).toBe(false);
    expect(isSealed(keys().fromNode, MESSAGE, mac)).toBe(false);
    for (const other of [{ subject: "fleet.evt.node1" }, { counter: 8 }, { payload: Buffer.from("{} ") }])
      expect(isSealed(fromNode, { ...MESSAGE, ...other }, mac)).toBe(false);
    for (const wrong of ["", mac.slice(1), mac.toLowerCase()]) expect(isSealed(fromNode, MESSAGE, wrong)).toBe(false);
  });

  test("has one spelling", () => {
    const fields = { session: "0123456789abcdef", counter: 12, mac: macOf(keys().fromNode, MESSAGE) };
    const text = sealText(fields);
    expect(parseSeal(text)).toEqual(fields);
    for (const wrong of ["", `${text} `, ` ${text}`, text.replace(" 12 ", " 012 "), text.replace(" 12 ", " 0 ")])
      expect(parseSeal(wrong), wrong).toBeUndefined();
    expect(parseSeal(text.replace(" 12 ", ` ${"9".repeat(16)} `))).toBeUndefined();
  });
});

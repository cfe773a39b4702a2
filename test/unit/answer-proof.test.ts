import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { isProven, proofOf } from "../../src/orders/answer-proof.ts";
import { readAuthority } from "../../src/orders/authority.ts";
import { FLEET_CERTIFICATES } from "../../src/wire/fleet-names.ts";
import { makeFleetPki } from "../support/fleet-broker.ts";
import { tempFolder } from "../support/temp-folder.ts";

const OF = { node: "node1", event: '{"v":1,"kind":"journal","start":"1"}', answer: "+" };
const YEAR_MS = 365 * 86_400_000;
let pki: string;
let proof: string;

beforeAll(async () => {
  pki = await makeFleetPki(["node1"]);
  proof = proofOf(OF, pki);
});

const trusts = (of: typeof OF, shown: string, nowMs = Date.now()) =>
  isProven(of, shown, { authority: readAuthority(pki).certificate, nowMs });

test("the collector's own answer is proven, for as long as its certificate is valid", () => {
  expect(trusts(OF, proof)).toBe(true);
  expect(trusts(OF, proof, Date.now() + 3 * YEAR_MS)).toBe(false);
  expect(trusts(OF, proof, Date.now() - YEAR_MS)).toBe(false);
});

test.each([
  ["another answer", { answer: "restored" }],
  ["another node", { node: "node2" }],
  ["a question of another start", { event: OF.event.replace('"1"', '"2"') }],
  ["a question with one character more", { event: `${OF.event} ` }],
])("it proves no answer to %s", (_, more) => {
  expect(trusts({ ...OF, ...more }, proof)).toBe(false);
});

test("whatever bit of it is changed, it proves nothing", () => {
  for (let at = 0; at < proof.length; at += 7) {
    const other = proof[at] === "A" ? "B" : "A";
    const changed = proof.slice(0, at) + other + proof.slice(at + 1);
    // Some bits of base64's last character are not read.
    if (!changed.split(" ").every((part, i) => bytesOf(part).equals(bytesOf(proof.split(" ")[i] ?? ""))))
      expect(trusts(OF, changed), `${at}`).toBe(false);
  }
  for (const text of ["", " ", "x", `${proof} `, proof.slice(0, -8), `${proof}${" ".repeat(8_192)}`])
    expect(trusts(OF, text)).toBe(false);
});

test("with a byte behind its certificate it proves nothing", () => {
  const [certificate = "", signature] = proof.split(" ");
  const longer = Buffer.concat([bytesOf(certificate), Buffer.from([0])]).toString("base64");
  expect(trusts(OF, `${longer} ${signature}`)).toBe(false);
});

describe("signed with the key of", () => {
  /** What this certificate's holder can make in the collector's place. */
  async function forged(name: string, from = pki): Promise<string> {
    const folder = await tempFolder();
    for (const end of ["crt", "key"])
      copyFileSync(join(from, `${name}.${end}`), join(folder, `${FLEET_CERTIFICATES.control}.${end}`));
    return proofOf(OF, folder);
  }

  test.each(["node1", FLEET_CERTIFICATES.broker, FLEET_CERTIFICATES.system, "collector"])(
    "%s it proves nothing",
    async (name) => {
      expect(trusts(OF, await forged(name))).toBe(false);
      // Nor beside the collector's certificate, which everybody has seen.
      const [, signature] = (await forged(name)).split(" ");
      expect(trusts(OF, `${proof.split(" ")[0]} ${signature}`)).toBe(false);
    },
  );

  test("another fleet's collector it proves nothing", async () => {
    expect(trusts(OF, await forged(FLEET_CERTIFICATES.control, await makeFleetPki([])))).toBe(false);
  });
});

test("an authority's file that is no certificate is named", async () => {
  const folder = await tempFolder();
  copyFileSync(join(pki, "node1.key"), join(folder, "ca.crt"));
  expect(readFileSync(join(folder, "ca.crt"), "utf8")).toContain("PRIVATE KEY");
  expect(() => readAuthority(folder)).toThrow(/Cannot use .*ca.crt: it is no certificate/);
});

function bytesOf(base64: string): Buffer {
  return Buffer.from(base64, "base64");
}

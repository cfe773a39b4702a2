import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { initPki } from "../../src/ctl/pki/pki.ts";
import { makeFleetCertificates } from "../../src/ctl/pki/pki-fleet.ts";
import { fleetUri, listedNodesText, NODES_LIST } from "../../src/wire/fleet-names.ts";
import { makeExecutionId } from "../../src/wire/ids.ts";
import { lastingFolder } from "./bench-folder.ts";

const run = promisify(execFile);
const DAY_MS = 86_400_000;
const AT_A_TIME = 2;

/**
 * A folder with certificates of a collector, its broker and nodes `n1` to `nCOUNT`: one certificate each, as `mlctl pki` makes
 * them, but of one key, and without its books, which would take a quarter of an hour.
 */
export async function makeCrowdPki(count: number): Promise<string> {
  const pki = join(lastingFolder(), "pki");
  await initPki(pki, ["localhost", "127.0.0.1"]);
  await makeFleetCertificates(pki);
  const key = join(pki, "node.key");
  await run("openssl", ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key]);
  const request = join(pki, "node.csr");
  await run("openssl", ["req", "-new", "-key", key, "-subj", "/CN=node", "-out", request]);
  const waiting = Array.from({ length: count }, (_, i) => `n${i + 1}`);
  const listed = waiting.map((name) => {
    const uri = fleetUri(name, makeExecutionId(Date.now(), randomBytes(16)));
    return { name, uri, validToMs: Date.now() + 30 * DAY_MS };
  });
  const all = [...listed];
  const work = async (): Promise<void> => {
    for (let node = all.shift(); node !== undefined; node = all.shift()) {
      const extensions = join(pki, `${node.name}.ext`);
      const words = ["keyUsage = critical, digitalSignature", "extendedKeyUsage = clientAuth"];
      writeFileSync(extensions, [...words, `subjectAltName = DNS:${node.name}, URI:${node.uri}`].join("\n"));
      const authority = ["-CA", join(pki, "ca.crt"), "-CAkey", join(pki, "ca.key"), "-days", "30"];
      const serial = ["-set_serial", `0x${randomBytes(8).toString("hex")}`];
      const out = ["-out", join(pki, `${node.name}.crt`)];
      await run("openssl", ["x509", "-req", "-in", request, ...authority, ...serial, "-extfile", extensions, ...out]);
      copyFileSync(key, join(pki, `${node.name}.key`));
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  writeFileSync(join(pki, NODES_LIST), readFileSync(join(pki, NODES_LIST), "utf8") + listedNodesText(listed));
  return pki;
}

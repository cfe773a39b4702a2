import { join } from "node:path";
import { initPki, issueCertificate } from "../../src/ctl/pki/pki.ts";
import { benchFolder } from "./bench-folder.ts";

/** Certificates of a collector on loopback and of one node, as `mlctl pki` makes them. */
export interface BenchTls {
  readonly pki: string;
  readonly node: string;
}

export async function benchTls(): Promise<BenchTls> {
  const pki = join(benchFolder(), "pki");
  await initPki(pki, ["localhost", "127.0.0.1"]);
  await issueCertificate(pki, "node1");
  return { pki, node: "node1" };
}

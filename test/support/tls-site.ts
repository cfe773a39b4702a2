import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { expect } from "vitest";
import { initPki, issueCertificate } from "../../src/ctl/pki/pki.ts";
import type { Lifetime } from "../../src/ctl/pki/pki-authority.ts";
import { loadCertificates } from "../../src/ingest/admission/certificate-folder.ts";
import { afterwards } from "./cleanup.ts";
import { fakeExecution } from "./envelopes.ts";
import { type IngestSite, type IngestSiteOptions, metric, ROOT, startIngestSite } from "./ingest-site.ts";
import { poll } from "./poll.ts";
import { RelpClient } from "./relp-client.ts";
import { tempFolder } from "./temp-folder.ts";

export const DAY_MS = 86_400_000;

/** A lifetime from and to so many days from now. */
export function days(from: number, to: number): Lifetime {
  return { fromMs: Date.now() + from * DAY_MS, toMs: Date.now() + to * DAY_MS };
}

/** Makes a pki like `mlctl pki`, with any lifetime of authority and collector. */
export async function pkiLasting(lifetime: Lifetime | undefined, ...nodes: readonly string[]): Promise<string> {
  const folder = join(await tempFolder(), "pki");
  await initPki(folder, ["localhost", "127.0.0.1"], lifetime);
  for (const node of nodes) await issueCertificate(folder, node);
  return folder;
}

/** A relay's own certificate, and the authority that it trusts. */
export async function credentials(folder: string, name: string, trusts = folder): Promise<ConnectionOptions> {
  const [cert, key] = [await readFile(join(folder, `${name}.crt`)), await readFile(join(folder, `${name}.key`))];
  return { cert, key, ca: await readFile(join(trusts, "ca.crt")), servername: "localhost" };
}

/** A collector's ingest and store behind mutual TLS, in this process. */
export class TlsSite {
  readonly site: IngestSite;
  readonly pki: string;

  private constructor(site: IngestSite, pki: string) {
    this.site = site;
    this.pki = pki;
  }

  static async start(pki: string, options: IngestSiteOptions = {}): Promise<TlsSite> {
    const tls = await loadCertificates(pki);
    const site = await startIngestSite({ tls, ...options });
    return new TlsSite(site, pki);
  }

  /** Reads the certificates again, as SIGHUP does. */
  async reload(): Promise<void> {
    this.site.relp.reload(await loadCertificates(this.pki));
  }

  /** Opens a session as a node of this pki, or with any credentials. Rejects if it is refused. */
  async connect(as: string | ConnectionOptions): Promise<RelpClient> {
    const tls = typeof as === "string" ? await credentials(this.pki, as) : as;
    const client = await RelpClient.open(this.site.relp.port, tls);
    client.socket.on("error", () => {});
    afterwards(() => client.destroy());
    return client;
  }

  /** Expects that its lines are stored under the name of its certificate. */
  async expectServed(client: RelpClient, node: string): Promise<void> {
    const a = fakeExecution({ node });
    await client.send(a.begin(), a.lines(1, ["fine"]), a.end(1));
    expect(await this.site.archive.get(ROOT, { x: a.x, node: node })).toMatchObject({ delivery: "complete" });
  }

  refused(reason: string): Promise<number> {
    return metric(this.site, "ml_relp_refused_sessions_total", `reason="${reason}"`);
  }

  logged(pattern: RegExp): Promise<string> {
    return poll(`a log line like ${pattern}`, () => this.site.logLines.find((line) => pattern.test(line)));
  }
}

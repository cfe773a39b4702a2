import { createWriteStream, readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request } from "node:https";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { BlobName } from "./cached-blob.ts";

export interface BlobSourceOptions {
  readonly host: string;
  readonly port: number;
  readonly pki: string;
  readonly node: string;
}

/** A collector that is silent for so long is gone. */
const SILENT_AFTER_MS = 30_000;
/** Too many nodes fetch at the moment. */
const BUSY = 503;

/** The collector's port for nodes' files, over mutual TLS, with the node's certificate as it is now. */
export class BlobSource {
  readonly #options: BlobSourceOptions;
  readonly #agent = new HttpsAgent({ keepAlive: true });

  constructor(options: BlobSourceOptions) {
    this.#options = options;
  }

  /** `differs`: the collector would send more or less than the rest of so many bytes; nothing of it is written. */
  async fetch(
    blob: BlobName,
    to: { readonly path: string; readonly from: number; readonly bytes: number },
  ): Promise<"whole" | "missing" | "differs"> {
    const { host, port, pki, node } = this.#options;
    const [cert, key] = ["crt", "key"].map((end) => readFileSync(join(pki, `${node}.${end}`)));
    const sent = request({
      ...{ host, port, cert, key, ca: readFileSync(join(pki, "ca.crt")), agent: this.#agent },
      path: `/blobs/${encodeURIComponent(blob.owner)}/${blob.sha256}`,
      headers: { range: `bytes=${to.from}-` },
    });
    sent.setTimeout(SILENT_AFTER_MS, () => sent.destroy(new Error("the collector is silent")));
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.once("response", resolve).once("error", reject).end();
    });
    const { statusCode, headers } = response;
    if (statusCode === 206 && Number(headers["content-length"] ?? Number.NaN) !== to.bytes - to.from) {
      response.destroy();
      return "differs";
    }
    if (statusCode === 206) {
      await pipeline(response, createWriteStream(to.path, { flags: "a", mode: 0o600 }));
      return "whole";
    }
    response.resume();
    if (statusCode === 404) return "missing";
    if (statusCode === BUSY) await pause(Number(headers["retry-after"] ?? 1) * 1_000 * (1 + Math.random()));
    throw new Error(`the collector answers with ${statusCode}`);
  }
}

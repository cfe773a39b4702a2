import { createReadStream, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { TLSSocket } from "node:tls";
import { addressGroup } from "../../host/address-group.ts";
import type { Log } from "../../host/log.ts";
import { uriOf } from "../../orders/certificate-uri.ts";
import { isSha256 } from "../../wire/fleet/blob.ts";

interface FileServerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** ca.crt, and the collector's own certificate. */
  readonly pki: string;
  readonly log: Log;
  /** The node that the authority has given this URI, if that certificate is valid now. */
  readonly nodeOf: (uri: string) => string | undefined;
  /** File of a complete blob, while an order for this node names it. */
  readonly pathFor: (node: string, blob: { readonly owner: string; readonly sha256: string }) => string | undefined;
  /** `busy`: too many transfers; `tls`: no valid certificate; `crowd`: too many connections, of an address or of all. */
  readonly onRefused: (why: "busy" | "tls" | "crowd") => void;
}

/** Concurrent transfers of all nodes: more would only slow each down. */
const MAX_TRANSFERS = 256;
const MAX_TRANSFERS_OF_NODE = 8;
/** A node that reads nothing for this long is gone. */
const SILENT_AFTER_MS = 30_000;
/** A client without a certificate or request must not hold a place for long. */
const HANDSHAKE_WITHIN_MS = 10_000;
const ASK_WITHIN_MS = 10_000;
const MAX_CONNECTIONS = 8_192;
/** Keeps one machine, perhaps no node, from taking every place. Many nodes may share an address. */
const MAX_CONNECTIONS_OF_ADDRESS = 1_024;
const PIECE_BYTES = 262_144;

/**
 * Files for nodes, over mutual TLS, on a port of its own: `GET /blobs/OWNER/SHA256` with a range. A node gets what an order for it
 * names while that order is open; everything else looks missing.
 */
export class FileServer {
  readonly #options: FileServerOptions;
  readonly #server: Server;
  readonly #transfers = new Map<string, number>();
  /** By address. */
  readonly #connections = new Map<string, number>();
  #running = 0;

  constructor(options: FileServerOptions) {
    this.#options = options;
    const patience = { handshakeTimeout: HANDSHAKE_WITHIN_MS, headersTimeout: ASK_WITHIN_MS };
    const handler = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    this.#server = createServer({ ...this.#certificates(), ...patience }, handler);
    this.#server.setTimeout(SILENT_AFTER_MS);
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on("drop", () => options.onRefused("crowd"));
    this.#server.on("tlsClientError", () => options.onRefused("tls"));
    // Before TLS sees the connection.
    this.#server.prependListener("connection", (socket: Socket) => this.#admit(socket));
  }

  async start(): Promise<{ readonly host: string; readonly port: number }> {
    const { host, port } = this.#options.listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(port, host, () => resolve());
    });
    return { host, port: (this.#server.address() as AddressInfo).port };
  }

  /** Reads the certificates again. */
  reload(): void {
    try {
      this.#server.setSecureContext(this.#certificates());
    } catch (error) {
      this.#options.log.event("error", "the certificate for nodes' files is not read again", { error: String(error) });
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #admit(socket: Socket): void {
    const from = addressGroup(socket.remoteAddress ?? "");
    const others = this.#connections.get(from) ?? 0;
    if (others >= MAX_CONNECTIONS_OF_ADDRESS) {
      this.#options.onRefused("crowd");
      socket.destroy();
      return;
    }
    this.#connections.set(from, others + 1);
    socket.once("close", () => {
      const left = (this.#connections.get(from) ?? 1) - 1;
      if (left > 0) this.#connections.set(from, left);
      else this.#connections.delete(from);
    });
  }

  #certificates() {
    const { pki } = this.#options;
    const [cert, key, ca] = ["collector.crt", "collector.key", "ca.crt"].map((name) => readFileSync(join(pki, name)));
    return { cert, key, ca, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.2" } as const;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const uri = uriOf((request.socket as TLSSocket).getPeerX509Certificate());
    const node = uri === undefined ? undefined : this.#options.nodeOf(uri);
    if (node === undefined) return refuse(response, 403);
    const path = request.method === "GET" ? this.#find(node, request.url ?? "") : undefined;
    const from = Number(/^bytes=(\d{1,16})-$/.exec(request.headers.range ?? "bytes=0-")?.[1]);
    const bytes = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false })?.size;
    if (path === undefined || bytes === undefined) return refuse(response, 404);
    if (!(from <= bytes)) return refuse(response, 416);
    const ofNode = this.#transfers.get(node) ?? 0;
    if (this.#running >= MAX_TRANSFERS || ofNode >= MAX_TRANSFERS_OF_NODE) {
      this.#options.onRefused("busy");
      return refuse(response, 503);
    }
    this.#running += 1;
    this.#transfers.set(node, ofNode + 1);
    try {
      const range = { "Content-Range": `bytes ${from}-${Math.max(from, bytes - 1)}/${bytes}` };
      response.writeHead(206, { ...range, "Content-Length": bytes - from, "Content-Type": "application/octet-stream" });
      if (from === bytes) response.end();
      else
        await pipeline(createReadStream(path, { start: from, end: bytes - 1, highWaterMark: PIECE_BYTES }), response);
    } catch {
      // Interrupted: the node will request the rest.
      response.destroy();
    } finally {
      this.#running -= 1;
      const left = (this.#transfers.get(node) ?? 1) - 1;
      if (left > 0) this.#transfers.set(node, left);
      else this.#transfers.delete(node);
    }
  }

  #find(node: string, url: string): string | undefined {
    const [, owner = "", sha256] = /^\/blobs\/([^/]{1,1024})\/([0-9a-f]{64})$/.exec(url) ?? [];
    try {
      return isSha256(sha256) ? this.#options.pathFor(node, { owner: decodeURIComponent(owner), sha256 }) : undefined;
    } catch {
      // Not a valid encoding of a name.
      return undefined;
    }
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 503 ? { "Retry-After": "1" } : {}).end();
}

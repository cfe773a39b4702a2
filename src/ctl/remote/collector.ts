import type { IncomingMessage } from "node:http";
import { parseError } from "../../wire/api-error.ts";
import { parseJson } from "../../wire/record.ts";
import { CtlError } from "../command.ts";

interface CollectorOptions {
  /** No slash at its end. */
  readonly url: string;
  /** PEM of the only authority to trust; undefined: those of the system. */
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
}

export interface ApiRequest {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** From the API's root: "/executions". */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** Instead of a body of JSON. */
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A refusal by the collector. */
export class ApiRefusal extends CtlError {
  readonly status: number;
  /** Of the API's error: `denied`. */
  readonly reason: string;
  readonly body: unknown;

  constructor(message: string, refusal: { status: number; reason: string; body: unknown }) {
    super(message);
    this.status = refusal.status;
    this.reason = refusal.reason;
    this.body = refusal.body;
  }
}

/**
 * Whether the collector has neither taken nor refused the request: it cannot be reached, it fails, or what answers is not
 * its API but a proxy before it or a network's page. The same request may succeed later.
 */
export function isAway(error: unknown): error is CtlError {
  if (!(error instanceof ApiRefusal)) return error instanceof CtlError;
  return error.status >= 500 || error.reason === "";
}

/** A collector that answers nothing for so long is gone; a search says something every few seconds. */
const SILENT_AFTER_MS = 120_000;
const MAX_JSON_BYTES = 67_108_864;

/** The API of a collector. All failures are CtlErrors that name it. */
export class Collector {
  readonly options: CollectorOptions;

  constructor(options: CollectorOptions) {
    this.options = options;
  }

  get url(): string {
    return this.options.url;
  }

  /** The parsed answer. @param parse undefined for an answer that it does not understand. */
  async json<T>(request: ApiRequest, parse: (value: unknown) => T | undefined): Promise<T> {
    const body = await textOf(await this.send(request));
    const parsed = parse(parseJson(body));
    if (parsed === undefined) throw new CtlError(`${this.url} answers what this mlctl does not understand`);
    return parsed;
  }

  /** The answer, whose body the caller reads. Rejects with an ApiRefusal if it is none. */
  async send(request: ApiRequest): Promise<IncomingMessage> {
    const answer = await this.#ask(request);
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return answer;
    const body = parseJson(await textOf(answer));
    const error = parseError(asErrorBody(body));
    const message = error?.message ?? `${this.url} answers with ${statusCode}: is that a collector's address?`;
    const next = statusCode === 401 && this.options.token !== undefined ? ". Sign in again: mlctl login" : "";
    throw new ApiRefusal(`${message}${next}`, { status: statusCode, reason: error?.code ?? "", body });
  }

  async #ask(asked: ApiRequest): Promise<IncomingMessage> {
    const { method = "GET", path, query = {}, body, bytes, headers = {}, signal } = asked;
    const { url, ca, token } = this.options;
    const address = new URL(`${url}/api${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) address.searchParams.set(name, String(value));
    const sent = body === undefined ? bytes : Buffer.from(JSON.stringify(body));
    const type = bytes === undefined ? "application/json" : "application/octet-stream";
    const all = {
      accept: "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(sent === undefined ? {} : { "content-type": type, "content-length": String(sent.length) }),
      ...headers,
    };
    const options = { method, headers: all, ...(signal === undefined ? {} : { signal }) };
    // A person waits for every module: that of TLS takes as long as many commands.
    const isTls = address.protocol === "https:";
    const { request: open } = isTls ? await import("node:https") : await import("node:http");
    return new Promise((resolve, reject) => {
      const request = open(address, { ...options, ...(isTls ? trustOf(ca) : {}) }, resolve);
      request.setTimeout(SILENT_AFTER_MS, () => request.destroy(new Error("it does not answer")));
      request.once("error", (error) => reject(this.unreachable(error)));
      request.end(sent);
    });
  }

  /** The message for a failed connection. */
  unreachable(error: Error): Error {
    if (error.name === "AbortError") return error;
    const code = "code" in error ? String(error.code) : "";
    const reason = code === "" || error.message.includes(code) ? error.message : `${error.message} (${code})`;
    const isCertificate = /CERT|VERIFY|ISSUER/.test(code);
    const next = isCertificate
      ? "Its certificate is not of the authority that was accepted: if that was changed, `mlctl login` again"
      : "Is the address right, and does the collector run?";
    return new CtlError(`Cannot reach ${this.url}: ${reason}. ${next}`);
  }
}

/** Options of TLS that trust one authority only, also one that is not at the top of its chain. */
export function trustOf(ca: string | undefined): { ca?: string; allowPartialTrustChain?: true } {
  return ca === undefined ? {} : { ca, allowPartialTrustChain: true };
}

/** The bytes of an answer. Throws a CtlError if it is cut off. */
export async function* bytesOf(answer: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* answer;
  } catch (error) {
    throw new CtlError(`The connection was cut: ${error instanceof Error ? error.message : error}. Try again`);
  }
}

/** Whole lines of an answer, without their LF. */
export async function* linesOf(answer: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of bytesOf(answer)) {
    const data = Buffer.concat([rest, chunk]);
    const end = data.lastIndexOf(10) + 1;
    if (end > 0) yield* data.toString("utf8", 0, end - 1).split("\n");
    rest = data.subarray(end);
  }
}

/** The whole answer. Throws a CtlError if it is too long, or cut off. */
export async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of bytesOf(answer)) {
    bytes += part.length;
    if (bytes > MAX_JSON_BYTES) throw new CtlError(`Cannot read an answer of more than ${MAX_JSON_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function asErrorBody(body: unknown): unknown {
  return typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
}

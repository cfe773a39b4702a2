import { parseError } from "../../../src/wire/api-error.ts";
import { asRecord, parseJson } from "../../../src/wire/record.ts";
import { frame } from "../texts/en/frame.ts";
import { errorText } from "../texts/language.ts";

/** The collector's answer. A refusal is a value: the caller branches on `status`; 0 means "not reached". */
export type Answer<T> = { readonly ok: true; readonly value: T } | Refusal;

export interface Refusal {
  readonly ok: false;
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** How long to wait before the next try, if the collector said so. */
  readonly retryAfterSeconds: number | undefined;
  /** The owners to choose from when the address names none and several have such an execution. */
  readonly owners?: readonly string[];
  /** The login continues: send the reply to `message` with this. */
  readonly step?: { readonly token: string; readonly isEcho: boolean };
}

/** Sends requests to the collector's HTTP API. The requests themselves are defined by the pages' clients. */
export class JsonClient {
  readonly #fetch: typeof fetch;
  readonly #onSignedOut: () => void;

  /** Calls `onSignedOut` whenever the collector answers that there is no session. */
  constructor(options: { readonly fetch: typeof fetch; readonly onSignedOut: () => void }) {
    this.#fetch = options.fetch;
    this.#onSignedOut = options.onSignedOut;
  }

  async ask<T>(path: string, options: AskOptions<T>): Promise<Answer<T>> {
    const { body, bytes, signal, method } = options;
    const init: RequestInit = {
      ...(bytes === undefined ? posted(body) : { method: "PUT", body: bytes }),
      ...(method === undefined ? {} : { method }),
      credentials: "same-origin",
      signal: signal ?? null,
    };
    try {
      const response = await this.#fetch(path, init);
      const said = parseJson(await response.text());
      if (!response.ok) return this.#refusal(response, said, path);
      const value = await options.parse(said);
      if (value !== undefined) return { ok: true, value };
      return { ...unreached(), status: response.status, code: "not-understood", message: frame.notUnderstood };
    } catch {
      return unreached();
    }
  }

  /** Lines of JSON as they come. Resolves after the last one; `signal` ends it on the collector as well. */
  async follow<T>(path: string, options: FollowOptions<T>): Promise<Answer<true>> {
    const { body, load, onValue, signal } = options;
    try {
      const response = await this.#fetch(path, { ...posted(body), credentials: "same-origin", signal });
      if (!response.ok || response.body === null) {
        return this.#refusal(response, parseJson(await response.text()), path);
      }
      const parse = await load();
      for await (const line of linesOf(response.body)) {
        const value = parse(parseJson(line));
        if (value !== undefined) onValue(value);
      }
      return { ok: true, value: true };
    } catch {
      return unreached();
    }
  }

  #refusal(response: Response, said: unknown, path: string): Refusal {
    const error = parseError(asRecord(said)?.["error"]) ?? { code: "", message: response.statusText };
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    if (response.status === 401 && path !== "api/login") this.#onSignedOut();
    const step = parseStep(said);
    return {
      ok: false,
      status: response.status,
      ...error,
      message: errorText(error),
      retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
      ...(step === undefined ? {} : { step }),
    };
  }
}

interface FollowOptions<T> {
  /** POSTed as JSON. */
  readonly body?: object;
  /** Resolves with the parser of a line, which returns undefined to skip it. */
  readonly load: () => Promise<(value: unknown) => T | undefined>;
  readonly onValue: (value: T) => void;
  readonly signal: AbortSignal;
}

function posted(body: object | undefined): RequestInit {
  if (body === undefined) return {};
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  let rest = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    const lines = (rest + decoder.decode(piece.value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

function parseStep(said: unknown): Refusal["step"] {
  const record = asRecord(said);
  const token = record?.["step"];
  return typeof token === "string" ? { token, isEcho: record?.["isEcho"] === true } : undefined;
}

interface AskOptions<T> {
  /** Returns undefined if the answer is not understood. */
  readonly parse: (value: unknown) => T | undefined | Promise<T | undefined>;
  /** POSTed as JSON; without a body the request is a GET. */
  readonly body?: object;
  /** Sent as they are, by PUT. */
  readonly bytes?: Blob;
  /** Method to use instead of POST. */
  readonly method?: "DELETE";
  readonly signal?: AbortSignal | undefined;
}

function unreached(): Refusal {
  return { ok: false, status: 0, code: "unreached", message: frame.unreached, retryAfterSeconds: undefined };
}

export function queryOf(members: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

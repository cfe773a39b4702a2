import type { IncomingMessage } from "node:http";
import { request as open } from "node:https";
import { PASSED_ON_HEADER } from "../../wire/fleet/passed-on.ts";
import { parseJson } from "../../wire/record.ts";

/** A collector that this one is joined with. */
export interface Peer {
  readonly name: string;
  /** HTTPS address of its viewer, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** PEM of the only authority to trust; undefined: the system's authorities. */
  readonly ca: string | undefined;
}

interface Asked {
  readonly method: "GET" | "POST";
  /** Relative to the API's root. */
  readonly path: string;
  readonly body?: unknown;
  /** Time for the whole request, from the name's look-up to the answer's last byte. */
  readonly withinMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

type Answer =
  | { readonly is: "answer"; readonly status: number; readonly value: unknown; readonly retryAfter: string | undefined }
  /** `wasSent`: the peer may have received the request. */
  | { readonly is: "none"; readonly why: string; readonly wasSent: boolean };

/** Asks a joined collector after checking its certificate. Follows no redirect: the token is for that address alone. */
export async function askPeer({ url, token, ca }: Peer, asked: Asked): Promise<Answer> {
  const { method, path, body, withinMs, maxBytes, signal } = asked;
  const sent = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const late = AbortSignal.timeout(withinMs);
  let wasSent = false;
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = open(`${url}/api${path}`, {
        method,
        // No kept connection: one that the peer has closed would fail as if the request had been sent.
        agent: false,
        signal: signal === undefined ? late : AbortSignal.any([late, signal]),
        headers: {
          accept: "application/json",
          authorization: `Bearer ${token}`,
          [PASSED_ON_HEADER]: "1",
          ...(sent === undefined ? {} : { "content-type": "application/json", "content-length": String(sent.length) }),
        },
        ...(ca === undefined ? {} : { ca }),
      });
      request.once("socket", (socket) => {
        socket.once("secureConnect", () => {
          wasSent = true;
        });
      });
      request.once("response", resolve);
      request.on("error", reject);
      request.end(sent);
    });
    const text = await textOf(response, maxBytes);
    if (text === undefined) return { is: "none", why: `it answers with more than ${maxBytes} bytes`, wasSent };
    const { statusCode: status = 0, headers } = response;
    return { is: "answer", status, value: parseJson(text), retryAfter: headers["retry-after"] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { is: "none", why: late.aborted ? `it has not answered within ${withinMs / 1_000} s` : message, wasSent };
  }
}

/** Undefined if the body is longer than `maxBytes`. */
async function textOf(response: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > maxBytes) {
      response.destroy();
      return undefined;
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

import { existsSync, readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { Waiting } from "./notification.ts";
import { readSecret } from "./secret.ts";

/** Time from the connection to the answer. */
const TIMEOUT_MS = 10_000;
/** The authorities that the machine trusts: Node has its own list, which lacks a site's. */
const AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * Posts a notification. Redirects are not followed, and the answer's body is not read.
 *
 * The signature covers a time as well, so that a receiver can refuse what is sent again later.
 *
 * @returns The answer's status, or why there was none.
 */
export function postSigned({ url, secretFile, body }: Waiting, nowMs: number): Promise<number | string> {
  // Loaded only here: loading takes longer than all other work of an mlrun.
  const crypto = process.getBuiltinModule("node:crypto");
  const { secret } = readSecret(secretFile);
  const seconds = Math.floor(nowMs / 1_000);
  const sign = (key: string) => crypto.createHmac("sha256", key).update(`${seconds}.${body}`).digest("hex");
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "user-agent": "mlrun",
    ...(secret === undefined ? {} : { "x-marcologger-signature": `t=${seconds},v1=${sign(secret)}` }),
  };
  const isSecure = url.startsWith("https:");
  const options = { method: "POST", headers, timeout: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS) };
  return new Promise((resolve) => {
    const take = (answer: IncomingMessage) => {
      answer.destroy();
      resolve(answer.statusCode ?? 0);
    };
    try {
      const trust = isSecure && existsSync(AUTHORITIES) ? { ca: readFileSync(AUTHORITIES) } : {};
      const request = isSecure
        ? process.getBuiltinModule("node:https").request(url, { ...options, ...trust }, take)
        : process.getBuiltinModule("node:http").request(url, options, take);
      request.on("error", (error) => resolve(error.message));
      request.end(body);
    } catch (error) {
      resolve(error instanceof Error ? error.message : String(error));
    }
  });
}

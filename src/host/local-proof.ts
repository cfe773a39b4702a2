import { createHmac } from "node:crypto";

/**
 * Shows that somebody has read a secret, to one address only: a server that passes a collector's challenge on as its own
 * gets a proof that is worth nothing there.
 *
 * @param audience The origin that TLS has proved, or the address of the connection: `https://logs.example.org`,
 *   `http://127.0.0.1:8080`.
 */
export function localProof(secret: string, audience: string): string {
  return createHmac("sha256", secret).update(`mlctl login at ${audience}`).digest("base64url");
}

/** The audience of a connection without TLS. */
export function addressAudience(address: string | undefined, port: number | undefined): string {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/i, "") ?? "";
  return `http://${plain.includes(":") ? `[${plain}]` : plain}:${port ?? 0}`;
}

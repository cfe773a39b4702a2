import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);
const TIMEOUT_MS = 10_000;
/** About 100 octets for each serial number: room for several hundred thousand. */
const MAX_OUTPUT_BYTES = 67_108_864;

/**
 * Serial numbers on a list of revoked certificates (RFC 5280, section 5), in hexadecimal as Node prints them. Needs
 * openssl: Node checks only new sessions against a list, and cannot print one.
 *
 * @param crl PEM text.
 */
export async function revokedSerials(crl: string): Promise<ReadonlySet<string>> {
  const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
  const running = execute("openssl", ["crl", "-noout", "-text"], options);
  running.child.stdin?.on("error", () => {});
  running.child.stdin?.end(crl);
  const { stdout } = await running;
  return new Set(Array.from(stdout.matchAll(/^ +Serial Number: ([0-9A-F]+)$/gm), ([, serial = ""]) => serial));
}

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CtlError } from "../command.ts";

const execute = promisify(execFile);
const TIMEOUT_MS = 30_000;

/** Runs openssl in a folder to its end. Returns its output. */
export async function openssl(args: readonly string[], cwd: string): Promise<string> {
  try {
    const { stdout } = await execute("openssl", args, { cwd, timeout: TIMEOUT_MS });
    return stdout;
  } catch (error) {
    const reason = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new CtlError(`Cannot run openssl ${args[0] ?? ""}: ${reason === "" ? String(error) : reason}`);
  }
}

/** A new private key, PEM. P-256: small, fast, and known to GnuTLS, OpenSSL and Node alike. */
export function newKey(): Promise<string> {
  return openssl(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "/");
}

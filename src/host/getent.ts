import { execFile } from "node:child_process";

/** The answer of getent(1): its first line, no such entry, or a failed look-up. */
export type GetentAnswer =
  | { readonly kind: "found"; readonly line: string }
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly reason: string };

export type Getent = (database: "passwd" | "group", key: string) => Promise<GetentAnswer>;

/** An unresponsive directory must not hold up a login, or an execution's BEGIN, for longer. */
const TIMEOUT_MS = 5_000;
/** Enough for the line of a group with very many members. */
const MAX_OUTPUT_BYTES = 4_194_304;
/** getent(1): "one or more supplied key could not be found". */
const EXIT_NOT_FOUND = 2;

/**
 * Asks the machine's user database through NSS: files, LDAP, SSSD or any other source. Node has no getpwuid(3) for
 * other users.
 */
export const getent: Getent = (database, key) => {
  const options = { timeout: TIMEOUT_MS, killSignal: "SIGKILL", maxBuffer: MAX_OUTPUT_BYTES } as const;
  return new Promise((resolve) => {
    execFile("getent", [database, "--", key], options, (error, stdout) => {
      const [line] = stdout.split("\n");
      if (error === null && line) resolve({ kind: "found", line });
      else if (error?.code === EXIT_NOT_FOUND) resolve({ kind: "missing" });
      else resolve({ kind: "failed", reason: error?.message ?? "no answer" });
    });
  });
};

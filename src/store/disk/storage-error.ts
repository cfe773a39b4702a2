/** Errors of one path rather than the disk: they affect only that execution and put it into quarantine. */
const POISON = new Set(["EACCES", "EPERM", "ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG", "EEXIST"]);

/** The code of a file system error ("ENOSPC"), or the message of any other. */
export function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

/**
 * Whether the error concerns one execution alone; otherwise the collector cannot store at all (ENOSPC, EIO, EMFILE).
 */
export function isPoison(error: unknown): boolean {
  return POISON.has(failureCode(error));
}

/** An error's text for the log, with the path if it has one. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Failures of one path, not of the disk: they are the execution's own and put it into quarantine. */
const POISON = new Set(["EACCES", "EPERM", "ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG", "EEXIST"]);

/** The code of a file system failure ("ENOSPC"), or the message of anything else. */
export function failureCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}

/** Whether the failure belongs to one execution alone; else the collector cannot store at all (ENOSPC, EIO, EMFILE). */
export function isPoison(error: unknown): boolean {
  return POISON.has(failureCode(error));
}

/** What the log says of a failure: with the path, where it has one. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

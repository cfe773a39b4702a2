import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** Usually each user has their own. */
const DEFAULT_FILE = "~/.config/marcologger/notify-secret";
/** Enough for any key. */
const MAX_SECRET_BYTES = 4_096;

interface Secret {
  /** Undefined: notifications are not signed. */
  readonly secret: string | undefined;
  /** Why an existing file cannot be used, for the user. */
  readonly fault: string | undefined;
}

/** The file with the secret. @param asked The site's setting; `~` stands for the user's home. */
export function secretFileOf(asked: string | undefined, home: string): string {
  return (asked ?? DEFAULT_FILE).replace(/^~(?=\/)/, home);
}

/** Reads the shared secret: the first line of a file that nobody but its owner can read. */
export function readSecret(path: string): Secret {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return { secret: undefined, fault: isMissing ? undefined : `Cannot read ${path}: ${String(error)}` };
  }
  try {
    const { mode, uid, size } = fstatSync(fd);
    const own = process.geteuid?.() ?? 0;
    if ((mode & 0o077) !== 0 || (uid !== own && uid !== 0)) {
      return { secret: undefined, fault: `${path} is not used: others can read it; chmod 600 ${path}` };
    }
    const [secret = ""] = size > MAX_SECRET_BYTES ? [] : readFileSync(fd, "utf8").split("\n", 1);
    if (secret === "") return { secret: undefined, fault: `${path} has no secret in its first line` };
    return { secret, fault: undefined };
  } finally {
    closeSync(fd);
  }
}

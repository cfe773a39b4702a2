import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** Enough for any token. */
const MAX_BYTES = 4_096;
const GROUP_AND_OTHERS = 0o077;

/**
 * Reads the one word in a file that nobody but its owner may read: this user, or root (a credential of systemd). Throws
 * with the cause and the next step, and never with the content.
 */
export function readPrivateWord(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error(`${path} is no file`);
    if (stat.uid !== 0 && stat.uid !== process.geteuid?.())
      throw new Error(`${path} belongs to another user: chown it`);
    if ((stat.mode & GROUP_AND_OTHERS) !== 0) throw new Error(`${path} is for others as well: chmod 600 ${path}`);
    const word = stat.size > MAX_BYTES ? "" : readFileSync(fd, "latin1").trim();
    if (!/^[\x21-\x7e]+$/.test(word)) throw new Error(`${path} does not hold one word`);
    return word;
  } finally {
    closeSync(fd);
  }
}

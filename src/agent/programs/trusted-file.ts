import { readFileSync, statSync } from "node:fs";
import { isMissing } from "../../host/is-missing.ts";

/** Text of a file that grants rights, or the reason for ignoring it. */
export type TrustedText = { readonly text: string } | { readonly fault: string };

const OTHERS_MAY_WRITE = 0o022;

/**
 * Reads a file again whenever it has changed. One that somebody else than root, or than this process's own user, could have
 * written says nothing. A missing one is empty.
 */
export class TrustedFile<T> {
  readonly #path: string;
  readonly #parse: (read: TrustedText) => T;
  /** Empty: not read yet. */
  #stamp = "";
  #value: T | undefined;

  constructor(path: string, parse: (read: TrustedText) => T) {
    this.#path = path;
    this.#parse = parse;
  }

  read(): T {
    const stamp = this.#stampNow();
    if (stamp !== this.#stamp) this.#value = this.#parse(this.#readNow());
    this.#stamp = stamp;
    return this.#value as T;
  }

  #stampNow(): string {
    try {
      const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
      return found === undefined ? "missing" : [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join();
    } catch (error) {
      return String(error);
    }
  }

  #readNow(): TrustedText {
    try {
      const { uid, mode } = statSync(this.#path);
      if (uid !== 0 && uid !== process.getuid?.()) return { fault: `${this.#path} belongs to uid ${uid}, not to root` };
      if ((mode & OTHERS_MAY_WRITE) !== 0) return { fault: `others may write ${this.#path}: chmod go-w` };
      return { text: readFileSync(this.#path, "utf8") };
    } catch (error) {
      return isMissing(error) ? { text: "" } : { fault: `Cannot read ${this.#path}: ${String(error)}` };
    }
  }
}

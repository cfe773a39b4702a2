import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { isMissing } from "../../host/is-missing.ts";

/**
 * Tokens that their users have shown where others read: not taken any more, also after the next start, whatever bot.toml says.
 * A line of it is a user's name and a token's SHA-256: bounded by the tokens that bot.toml ever had.
 */
export class BurnedTokens {
  readonly #path: string;
  readonly #digests: Set<string>;

  constructor(path: string) {
    this.#path = path;
    this.#digests = new Set(
      read(path)
        .split("\n")
        .flatMap((line) => line.split(" ")[1] ?? []),
    );
  }

  has(digest: string): boolean {
    return this.#digests.has(digest);
  }

  /** Throws if it cannot be stored. Until the next start it counts all the same. */
  add(user: string, digest: string): void {
    if (this.#digests.has(digest)) return;
    this.#digests.add(digest);
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    appendFileSync(this.#path, `${user} ${digest}\n`, { mode: 0o600 });
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}

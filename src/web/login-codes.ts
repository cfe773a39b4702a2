import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export interface CodeOwner {
  readonly user: string;
  readonly uid: number;
}

/** Most unused codes. */
const MAX_CODES = 16;
const CODE_BYTES = 16;

/** One-time codes that sign in the user who starts a collector by hand. Keeps only their hashes. */
export class LoginCodes {
  readonly #nowMs: () => number;
  #codes: { readonly hash: Buffer; readonly owner: CodeOwner; readonly untilMs: number }[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  create(owner: CodeOwner, expiresAfterMs: number): string {
    const code = randomBytes(CODE_BYTES).toString("base64url");
    const known = { hash: hashOf(code), owner, untilMs: this.#nowMs() + expiresAfterMs };
    this.#codes = [...this.#codes, known].slice(-MAX_CODES);
    return code;
  }

  /** Returns the code's owner and uses the code up. */
  redeem(code: string): CodeOwner | undefined {
    const hash = hashOf(code);
    const nowMs = this.#nowMs();
    const found = this.#codes.filter((known) => timingSafeEqual(known.hash, hash) && nowMs < known.untilMs);
    this.#codes = this.#codes.filter((known) => !found.includes(known) && nowMs < known.untilMs);
    return found[0]?.owner;
  }
}

function hashOf(code: string): Buffer {
  return createHash("sha256").update(code).digest();
}

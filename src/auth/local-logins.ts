import { execFile } from "node:child_process";
import { randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { localProof } from "../host/local-proof.ts";
import type { Log } from "../host/log.ts";
import type { UserDirectory } from "../host/users.ts";
import { mayLogIn } from "./may-log-in.ts";

interface LocalLoginsOptions {
  /** Belongs to the service; made if missing. Users pass through it to their challenges. */
  readonly folder: string;
  readonly users: Pick<UserDirectory, "byName">;
  /** The uid of this process: its own user needs no ACL. */
  readonly uid: number;
  readonly log: Log;
  /** Steady. */
  readonly nowMs: () => number;
}

interface Challenge {
  readonly user: string;
  readonly uid: number;
  readonly secret: string;
  readonly untilMs: number;
}

const ID_BYTES = 16;
const SECRET_BYTES = 32;
/** mlctl answers at once. */
const FOR_MS = 30_000;
const MAX_CHALLENGES = 64;
const MAX_OF_USER = 4;
/** Each starts a setfacl. */
const MAX_AT_ONCE = 4;
const ACL_WITHIN_MS = 5_000;

const run = promisify(execFile);

/**
 * Logins of users of this machine without a password: who can read a file that only one user may read is that user. Node
 * has no SO_PEERCRED, so the file system says who it is. A challenge is for one use, and short-lived.
 */
export class LocalLogins {
  readonly #options: LocalLoginsOptions;
  readonly #challenges = new Map<string, Challenge>();
  #making = 0;

  constructor(options: LocalLoginsOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o711 });
    // Of an earlier start.
    for (const name of readdirSync(options.folder)) rmSync(join(options.folder, name), { force: true });
  }

  /** The path of a new challenge. Undefined: there is no such user, or the file cannot be made now. */
  async create(name: string): Promise<string | undefined> {
    this.#forgetOld();
    if (this.#making >= MAX_AT_ONCE || this.#challenges.size + this.#making >= MAX_CHALLENGES) return undefined;
    this.#making += 1;
    try {
      const user = await this.#options.users.byName(name, { isFresh: true });
      if (user === undefined || user === "unavailable") return undefined;
      // As with a password; who runs the collector by hand may be root.
      if (!mayLogIn(user) && user.uid !== this.#options.uid) return undefined;
      // In the order of their making: the oldest makes room.
      const [oldest, ...others] = [...this.#challenges].filter(([, { uid }]) => uid === user.uid);
      if (oldest !== undefined && others.length + 1 >= MAX_OF_USER) this.#remove(oldest[0]);
      return await this.#write(user);
    } catch (error) {
      this.#options.log.event("warning", "cannot make the file of a local login", { error: String(error) });
      return undefined;
    } finally {
      this.#making -= 1;
    }
  }

  /** Who has read a challenge, as the proof shows. It is used up, whatever the proof. */
  redeem(id: string, proof: string, audience: string): { readonly user: string; readonly uid: number } | undefined {
    this.#forgetOld();
    const challenge = this.#challenges.get(id);
    if (challenge === undefined) return undefined;
    this.#remove(id);
    const [wanted, given] = [Buffer.from(localProof(challenge.secret, audience)), Buffer.from(proof)];
    if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return undefined;
    return { user: challenge.user, uid: challenge.uid };
  }

  close(): void {
    for (const id of [...this.#challenges.keys()]) this.#remove(id);
  }

  async #write({ name, uid }: { readonly name: string; readonly uid: number }): Promise<string> {
    const { folder, nowMs } = this.#options;
    const id = `ml-login-${randomBytes(ID_BYTES).toString("base64url")}`;
    const secret = `mlc_${randomBytes(SECRET_BYTES).toString("base64url")}`;
    const path = join(folder, id);
    try {
      // Nobody else reads it before its ACL says so.
      writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: "wx" });
      if (uid !== this.#options.uid)
        await run("setfacl", ["-m", `u:${uid}:r--,g::---,o::---`, "--", path], { timeout: ACL_WITHIN_MS });
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
    this.#challenges.set(id, { user: name, uid, secret, untilMs: nowMs() + FOR_MS });
    setTimeout(() => this.#remove(id), FOR_MS).unref();
    return path;
  }

  #forgetOld(): void {
    const nowMs = this.#options.nowMs();
    for (const [id, { untilMs }] of this.#challenges) if (nowMs >= untilMs) this.#remove(id);
  }

  #remove(id: string): void {
    if (this.#challenges.delete(id)) rmSync(join(this.#options.folder, id), { force: true });
  }
}

import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMissing } from "../../host/is-missing.ts";
import { asRecord, parseJson } from "../../wire/record.ts";
import { CtlError } from "../command.ts";

/** A collector that one has signed in to. */
export interface Account {
  /** Its address in browsers, with the path under a proxy; no slash at its end. */
  readonly url: string;
  readonly user: string;
  readonly token: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  /** PEM of the authority that was accepted at the login; undefined: those of the system. */
  readonly ca?: string | undefined;
}

/** The user's own folder of settings keeps it, readable for nobody else. */
export class AccountFile {
  readonly #folder: string;
  readonly path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, "login.json");
  }

  /** Throws a CtlError if nobody has signed in. */
  read(): Account {
    const account = this.find();
    if (account === undefined) throw new CtlError("You are not signed in. `mlctl login URL` does it");
    return account;
  }

  /** Undefined if nobody has signed in. */
  find(): Account | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, "utf8");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new CtlError(`Cannot read ${this.path}: ${messageOf(error)}`);
    }
    const account = parseAccount(parseJson(text));
    if (account === undefined) throw new CtlError(`${this.path} is damaged. \`mlctl login URL\` writes it anew`);
    return account;
  }

  /** Replaces it in one step: a token that was made must not be lost half-way. */
  write(account: Account): void {
    const fresh = `${this.path}.new`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      rmSync(fresh, { force: true });
      writeFileSync(fresh, `${JSON.stringify(account, null, 2)}\n`, { mode: 0o600, flag: "wx" });
      chmodSync(fresh, 0o600);
      renameSync(fresh, this.path);
    } catch (error) {
      throw new CtlError(`Cannot write ${this.path}: ${messageOf(error)}`);
    }
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

function parseAccount(value: unknown): Account | undefined {
  const { url, user, token, expiresAt, ca } = asRecord(value) ?? {};
  if (typeof url !== "string" || typeof user !== "string" || typeof token !== "string") return undefined;
  if (typeof expiresAt !== "string" || !URL.canParse(url)) return undefined;
  return { url, user, token, expiresAt, ca: typeof ca === "string" ? ca : undefined };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

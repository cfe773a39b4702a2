import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isMissing } from "../../host/is-missing.ts";
import { ACCOUNT_FILE, type Account, parseAccount } from "../../wire/account.ts";
import { CtlError } from "../command.ts";

/** The user's own folder of settings keeps it, readable for nobody else. */
export class AccountFile {
  readonly #folder: string;
  readonly path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, ACCOUNT_FILE);
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
    const account = parseAccount(text);
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

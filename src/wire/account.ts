import { asRecord, parseJson } from "./record.ts";

/** In `~/.config/marcologger`: `mlctl login` writes it, `mlrun --doctor` reads it. */
export const ACCOUNT_FILE = "login.json";

/** A collector that a user has signed in to. */
export interface Account {
  /** Its address in browsers, with the path under a proxy; no slash at its end. */
  readonly url: string;
  readonly user: string;
  readonly token: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  /** PEM of the authority accepted at the login; undefined: the system's authorities. */
  readonly ca?: string | undefined;
}

/** Parses the text of an account's file. */
export function parseAccount(text: string): Account | undefined {
  const { url, user, token, expiresAt, ca } = asRecord(parseJson(text)) ?? {};
  if (typeof url !== "string" || typeof user !== "string" || typeof token !== "string") return undefined;
  if (typeof expiresAt !== "string" || !/^https?:\/\/[^\s/]+\S*$/.test(url)) return undefined;
  return { url, user, token, expiresAt, ca: typeof ca === "string" ? ca : undefined };
}

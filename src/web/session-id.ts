import { createHash } from "node:crypto";

const ID_CHARACTERS = 12;

/** `sessions.db` keeps only this hash of a cookie's id, or of a token: it opens no session. */
export function sidHash(sid: string): string {
  return createHash("sha256").update(sid).digest("base64url");
}

/** A part of the hash names a session; neither its id nor a token can be found from it. */
export function sessionId(hash: string): string {
  return Buffer.from(hash, "base64url").toString("hex").slice(0, ID_CHARACTERS);
}

import { asRecord } from "./record.ts";

/** Name of a file with a challenge, and its content: neither fits anything else that a user may read. */
const NAME = /^ml-login-[A-Za-z0-9_-]{22}$/;
const SECRET = /^mlc_[A-Za-z0-9_-]{43}$/;

/** The answer to `POST /api/login/local`: a file that only the user who signs in may read. */
export interface LocalChallenge {
  readonly path: string;
}

/** Proof that the file was read: body of `POST /api/login`. */
export interface LocalAnswer {
  readonly challenge: string;
  readonly proof: string;
}

/** The challenge's name if this is the path of one. */
export function challengeOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return path.startsWith("/") && NAME.test(name) ? name : undefined;
}

/** The secret in a challenge's file. */
export function parseChallengeFile(text: string): string | undefined {
  const secret = text.trimEnd();
  return SECRET.test(secret) ? secret : undefined;
}

export function parseLocalChallenge(value: unknown): LocalChallenge | undefined {
  const path = asRecord(value)?.["path"];
  return typeof path === "string" && challengeOf(path) !== undefined ? { path } : undefined;
}

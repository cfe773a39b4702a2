import { type Checked, is, isMatch, isShape, isText } from "./checks.ts";

/**
 * A session between a node's agent and the collector, which trust each other's certificates but not the broker between them. The node
 * requests a session with `Hello` on its subject for events; the answer is `Welcome`. From then on each message of the node, and
 * each answer to it, carries a seal.
 */
export const SESSION_HEADERS = {
  /** A seal (`sealText`), or `HELLO`. */
  seal: "Marcologger-Seal",
  /** To the node, without content: the collector does not know the session of its last message. */
  again: "Marcologger-Hello-Again",
} as const;

export const HELLO = "hello";

/** An X25519 key: DER of SubjectPublicKeyInfo (RFC 8410) in base64. */
const isKey = isMatch(/^[A-Za-z0-9+/]{59}=$/);
/** Certificate and signature in base64: some 1,300 with a key of P-256, 3,500 with one of RSA. */
export const MAX_PROOF_CHARACTERS = 8_192;
const SHAPE = { v: is(1), key: isKey, proof: isText(MAX_PROOF_CHARACTERS, 1) } as const;

/** One side's key of the session, and its signature. */
export type Greeting = Checked<typeof SHAPE>;

interface SealFields {
  /** The session's id. */
  readonly session: string;
  /** Of the node's message; an answer repeats it. */
  readonly counter: number;
  /** HMAC-SHA256 in base64. */
  readonly mac: string;
}

const SEAL = /^([0-9a-f]{16}) ([1-9]\d{0,14}) ([A-Za-z0-9+/]{43}=)$/;

/** Parses `Hello` and `Welcome`, which have the same members. */
export function parseGreeting(value: unknown): Greeting | undefined {
  return isShape(SHAPE)(value) ? value : undefined;
}

export function sealText({ session, counter, mac }: SealFields): string {
  return `${session} ${counter} ${mac}`;
}

export function parseSeal(text: string): SealFields | undefined {
  const [, session = "", counter, mac = ""] = SEAL.exec(text) ?? [];
  return session === "" ? undefined : { session, counter: Number(counter), mac };
}

import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from "node:crypto";
import { join } from "node:path";
import { type Greeting, parseGreeting } from "../wire/fleet/session.ts";
import { FLEET_CERTIFICATES } from "../wire/fleet-names.ts";
import { parseJson } from "../wire/record.ts";
import { isByCollector, type ProofTrust, provenUri, proveWith } from "./certificate-proof.ts";
import { deriveKeys, type SessionKeys } from "./seal.ts";

/** Separate these signatures from each other, and from all others by the same keys. */
const PURPOSES = { hello: "marcologger hello", welcome: "marcologger welcome", keys: "marcologger session" } as const;

/** The node's side. The key of each hello is new, so that an earlier welcome does not open it. */
export class Hello {
  readonly text: string;
  readonly #node: string;
  readonly #own: OwnKey = new OwnKey();

  /** @param pki has NODE.crt and NODE.key */
  constructor(node: string, pki: string) {
    this.#node = node;
    this.text = textOf(this.#own.text, proveWith(join(pki, node), signedBytes(PURPOSES.hello, node, this.#own.text)));
  }

  /** Undefined unless the collector's certificate signed this welcome to this hello. */
  open(text: string, trust: ProofTrust): SessionKeys | undefined {
    const welcome = parseGreeting(parseJson(text));
    if (welcome === undefined) return undefined;
    const keys = [this.#node, this.#own.text, welcome.key] as const;
    if (!isByCollector(signedBytes(PURPOSES.welcome, ...keys), welcome.proof, trust)) return undefined;
    return sessionKeys(this.#own, welcome.key, keys);
  }
}

interface WelcomeOptions {
  readonly trust: ProofTrust;
  /** The collector's folder. */
  readonly pki: string;
  /** Whether this is the URI of the node's certificate, and not revoked. */
  readonly isOfNode: (uri: string) => boolean;
}

/** The collector's side: answers the hello of a node. Undefined unless this node signed it. Takes some two milliseconds. */
export function welcome(
  node: string,
  text: string,
  { trust, pki, isOfNode }: WelcomeOptions,
): { readonly text: string; readonly uri: string; readonly keys: SessionKeys } | undefined {
  const hello = parseGreeting(parseJson(text));
  if (hello === undefined) return undefined;
  const uri = provenUri(signedBytes(PURPOSES.hello, node, hello.key), hello.proof, trust);
  if (uri === undefined || !isOfNode(uri)) return undefined;
  const own = new OwnKey();
  const of = [node, hello.key, own.text] as const;
  const keys = sessionKeys(own, hello.key, of);
  if (keys === undefined) return undefined;
  const proof = proveWith(join(pki, FLEET_CERTIFICATES.control), signedBytes(PURPOSES.welcome, ...of));
  return { text: textOf(own.text, proof), uri, keys };
}

/** An X25519 key of one session. */
class OwnKey {
  readonly text: string;
  readonly #private: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("x25519");
    this.text = publicKey.export({ type: "spki", format: "der" }).toString("base64");
    this.#private = privateKey;
  }

  /** Throws an Error for what is no key, or one that gives everybody the same secret (RFC 7748, section 6.1). */
  agree(other: string): Buffer {
    const publicKey = createPublicKey({ key: Buffer.from(other, "base64"), format: "der", type: "spki" });
    return diffieHellman({ privateKey: this.#private, publicKey });
  }
}

function sessionKeys(own: OwnKey, other: string, of: readonly [string, string, string]): SessionKeys | undefined {
  try {
    return deriveKeys(own.agree(other), [PURPOSES.keys, ...of].join("\0"));
  } catch {
    return undefined;
  }
}

function textOf(key: string, proof: string): string {
  return JSON.stringify({ v: 1, key, proof } satisfies Greeting);
}

function signedBytes(...parts: readonly string[]): Buffer {
  return Buffer.from(parts.join("\0"));
}

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { ed25519Blob } from "./public-key.ts";

/**
 * Makes the key with which the password checker signs orders from the web: FILE, for its owner alone, and `FILE.pub`,
 * the line for the nodes' `web-trust`. Throws if FILE exists.
 */
export function makeSignerKey(file: string): void {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  const blob = ed25519Blob(publicKey).toString("base64");
  writeFileSync(`${file}.pub`, `ssh-ed25519 ${blob} marcologger-web\n`, { mode: 0o644 });
}

/** Reads the signer's key. Throws an Error that gives the next step. */
export function readSignerKey(file: string): KeyObject {
  try {
    const key = createPrivateKey(readFileSync(file));
    if (createPublicKey(key).asymmetricKeyType === "ed25519") return key;
  } catch (cause) {
    throw new Error(`Cannot use ${file} as the web signer's key: \`mlctl pki signer FILE\` makes one`, { cause });
  }
  throw new Error(
    `Cannot use ${file} as the web signer's key: it is no Ed25519 key; \`mlctl pki signer FILE\` makes one`,
  );
}

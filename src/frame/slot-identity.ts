/** Names an execution before its owner is known: knowing the key is proof enough to speak for it. */
export interface SlotIdentity {
  readonly node: string;
  readonly x: string;
  /** SHA-256 of the key, base64url. */
  readonly keyHash: string;
}

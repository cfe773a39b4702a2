/** Names an execution before its owner is known: whoever knows the key speaks for it. */
export interface SlotIdentity {
  readonly node: string;
  readonly x: string;
  /** SHA-256 of the key, base64url. */
  readonly keyHash: string;
}

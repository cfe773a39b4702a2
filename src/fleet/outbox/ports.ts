/** How the outbox reaches nodes. Any message may be lost: orders are resent until they are answered. */
export interface Nodes {
  /** Sends the bytes of a signed order. */
  send(node: string, message: Uint8Array): void;
  isPresent(node: string): boolean;
  /** Whether two agents use its name: then nothing is sent. */
  isDuplicate(node: string): boolean;
  /** Number of connected agents of this node. Rejects if it cannot be determined now. */
  connectionsOf(node: string): Promise<number>;
  /** Journal in the node's last presence; empty if none has come yet. */
  journalOf(node: string): string;
}

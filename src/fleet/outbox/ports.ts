/** How the outbox reaches nodes. Orders are lost on the way at any time: they are repeated until they are answered. */
export interface Nodes {
  /** Sends the bytes of a signed order. */
  send(node: string, message: Uint8Array): void;
  isPresent(node: string): boolean;
  /** Two agents answer to its name: nothing is sent. */
  isDuplicate(node: string): boolean;
  /** How many agents of this node are connected. Rejects if that cannot be known now. */
  connectionsOf(node: string): Promise<number>;
  /** Of the node's last sign of life; empty: none yet. */
  journalOf(node: string): string;
}

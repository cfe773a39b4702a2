import type { Nodes } from "./outbox/ports.ts";

/** Sends a question or a dry run once, to its present nodes. */
export type SendAsk = (
  message: Uint8Array,
  to: { readonly named: readonly string[]; readonly present: Iterable<string> },
) => void;

export interface SendAskOptions {
  readonly nodes: Pick<Nodes, "isDuplicate">;
  /** Nodes with a valid certificate. */
  readonly admitted: () => ReadonlySet<string>;
  /** Undefined: not connected yet. */
  readonly link: () => AskLink | undefined;
}

interface AskLink {
  ask(node: string, message: Uint8Array): void;
  /** One message, which the broker copies. */
  askAll(message: Uint8Array): void;
}

/**
 * Sends an order that names every node as one message to all: with one each for a thousand nodes, collector and broker would
 * encrypt and read nine megabytes more. A node sees nothing in it that it would not see in its own copy.
 */
export function createSendAsk({ nodes, admitted, link }: SendAskOptions): SendAsk {
  return (message, { named, present }) => {
    const all = admitted();
    const isForAll = named.length === all.size && named.every((node) => all.has(node) && !nodes.isDuplicate(node));
    if (isForAll) link()?.askAll(message);
    else for (const node of present) link()?.ask(node, message);
  };
}

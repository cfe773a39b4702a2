import type { OrderOf } from "../wire/fleet/order.ts";
import { encodeSignedOrder, type SignedOrder } from "../wire/fleet/signed-order.ts";
import type { Nodes } from "./outbox/ports.ts";
import type { SendAsk } from "./send-ask.ts";
import { sha256 } from "./sha256.ts";

/** An open question to the nodes of an order. Its owner adds their answers. */
export interface AskedNodes<A> {
  /** Digest of the order's bytes. */
  readonly digest: string;
  readonly answers: Map<string, A>;
  /** Asked nodes that have not finished answering. */
  readonly missing: Set<string>;
  /** Resolves the wait: all have finished. */
  readonly done: () => void;
}

interface AskOptions<A> {
  readonly nodes: Pick<Nodes, "isPresent" | "isDuplicate">;
  readonly send: SendAsk;
  /** Calls once after a time. Returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
  readonly signed: SignedOrder;
  readonly withinMs: number;
  readonly signal: AbortSignal;
  /** Registers the question: answers are taken from now on. */
  readonly open: (asked: AskedNodes<A>) => void;
}

/**
 * Sends an order to its present nodes, and waits until each has answered, `withinMs` are over, or `signal` aborts. Resolves with
 * a function that returns a node's answer, or why there is none.
 */
export async function askPresent<A>(
  order: OrderOf<"check" | "ask">,
  { nodes, send, after, signed, withinMs, signal, open }: AskOptions<A>,
): Promise<(node: string) => A | "absent" | "silent"> {
  const missing = new Set(order.nodes.filter((node) => nodes.isPresent(node) && !nodes.isDuplicate(node)));
  const present = new Set(missing);
  const answers = new Map<string, A>();
  await new Promise<void>((resolve) => {
    const cancel = after(() => done(), withinMs);
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    signal.addEventListener("abort", done);
    open({ digest: sha256(signed.order), answers, missing, done });
    send(Buffer.from(encodeSignedOrder(signed)), { named: order.nodes, present: missing });
    if (missing.size === 0 || signal.aborted) done();
  });
  return (node) => answers.get(node) ?? (present.has(node) ? "silent" : "absent");
}

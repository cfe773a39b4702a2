import { type CallView, isCallState } from "../../wire/fleet/call.ts";
import type { FleetEvent } from "../../wire/fleet/event.ts";
import type { OrderOf } from "../../wire/fleet/order.ts";
import { encodeSignedOrder, type SignedOrder } from "../../wire/fleet/signed-order.ts";
import { OpenAsks } from "../open-asks.ts";
import type { Nodes } from "../outbox/ports.ts";
import { sha256 } from "../sha256.ts";

interface CallsOptions {
  readonly nodes: Pick<Nodes, "send" | "isPresent" | "isDuplicate">;
  /** Calls once after a time. Returns how to call that off. */
  readonly after: (act: () => void, afterMs: number) => () => void;
  /** Called for a result that nobody waits for. */
  readonly onDiscarded: () => void;
}

/** Each holds an answer of 64 KiB at most. */
const MAX_OPEN = 256;
/** Limit of one user, to leave places for others. */
const MAX_OPEN_OF_USER = 32;
/** Resend interval: the node executes a call once, however often it arrives. */
const SEND_AGAIN_MS = 2_000;

interface Open {
  readonly node: string;
  readonly digest: string;
  readonly end: (how: Ended) => void;
}

type Ended = Omit<CallView, "run" | "node">;

const NOTHING = { why: "", text: "", code: null, output: "" } as const;

/** Calls of services while a client waits. The node's journal executes each at most once; nothing is stored here. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #open = new OpenAsks<Open>({ most: MAX_OPEN, mostOfUser: MAX_OPEN_OF_USER });

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Resolves with the result of its one node. Undefined if too many calls are open, or this one already is. */
  async call(
    order: OrderOf<"call">,
    {
      signed,
      withinMs,
      signal,
    }: { readonly signed: SignedOrder; readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<CallView | undefined> {
    const { nodes, after } = this.#options;
    const { run } = order;
    const [node = ""] = order.nodes;
    if (!this.#open.hasPlaceFor(order)) return undefined;
    if (!nodes.isPresent(node) || nodes.isDuplicate(node)) return { run, node, state: "absent", ...NOTHING };
    const message = Buffer.from(encodeSignedOrder(signed));
    const calledOff: (() => void)[] = [];
    const ended = await new Promise<Ended>((resolve) => {
      const silent = () => resolve({ state: "silent", ...NOTHING });
      calledOff[0] = after(silent, withinMs);
      signal.addEventListener("abort", silent);
      calledOff[2] = () => signal.removeEventListener("abort", silent);
      this.#open.open(order, { node, digest: sha256(signed.order), end: resolve });
      const send = (): void => {
        nodes.send(node, message);
        calledOff[1] = after(send, SEND_AGAIN_MS);
      };
      if (signal.aborted) silent();
      else send();
    });
    for (const callOff of calledOff) callOff();
    this.#open.close(order);
    return { run, node, ...ended };
  }

  /** Whether a report of a node is about a call that somebody waits for. */
  take(node: string, event: FleetEvent): boolean {
    if (event.kind !== "state" && event.kind !== "result") return false;
    const open = this.#open.get(event);
    // A refusal for the key or the form of an order names no digest.
    const isOfIt = open?.node === node && (event.digest === open.digest || event.digest === "");
    if (!isOfIt) {
      if (event.kind === "result") this.#options.onDiscarded();
      return false;
    }
    const { state, why, text, code } = event;
    // `waiting`: not in the node's journal, so it is resent.
    if (isCallState(state)) open.end({ state, why, text, code, output: event.kind === "result" ? event.output : "" });
    return true;
  }
}

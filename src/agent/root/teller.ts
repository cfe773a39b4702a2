import { type EventAnswer, type FleetEvent, parseEventAnswer } from "../../wire/fleet/event.ts";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import { AGENT_LIMITS } from "../limits.ts";

/** The half of the agent that speaks with the collector, while it is connected. */
interface Peer {
  send(line: string): void;
}

/** The collector's answer as mlagent received it from the broker. */
interface Reply {
  readonly answer: EventAnswer;
  /** The collector's signature (`answer-proof`); empty: none. */
  readonly proof: string;
}

/** Reports to the collector through mlagent, which stores nothing: without an answer the caller resends. */
export class Teller {
  #peer: Peer | undefined;
  #id = 0;
  readonly #asked = new Map<number, (reply: Reply | undefined) => void>();
  readonly #timer: (act: () => void, afterMs: number) => () => void;

  constructor(timer: (act: () => void, afterMs: number) => () => void) {
    this.#timer = timer;
  }

  /** Sets the peer, or none. Events under way get no answer any more. */
  connect(peer: Peer | undefined): void {
    this.#peer = peer;
    for (const answer of this.#asked.values()) answer(undefined);
    this.#asked.clear();
  }

  get isConnected(): boolean {
    return this.#peer !== undefined;
  }

  /** The collector's answer; undefined if it is away or too many events are under way. */
  async tell(event: FleetEvent): Promise<EventAnswer | undefined> {
    return (await this.ask(JSON.stringify(event)))?.answer;
  }

  /** The same with its proof. @param event encoded */
  ask(event: string): Promise<Reply | undefined> {
    const peer = this.#peer;
    if (peer === undefined || this.#asked.size >= AGENT_LIMITS.eventsInFlight) return Promise.resolve(undefined);
    this.#id += 1;
    const id = this.#id;
    return new Promise((resolve) => {
      const cancel = this.#timer(() => this.#asked.get(id)?.(undefined), AGENT_LIMITS.tellAgainAfterMs);
      this.#asked.set(id, (reply) => {
        cancel();
        this.#asked.delete(id);
        resolve(reply);
      });
      peer.send(JSON.stringify({ t: "event", id, event }));
    });
  }

  /** Sends the journal's part of presence. */
  status(status: {
    journal: string;
    sequence: number;
    running: number;
    open: readonly string[];
    services: readonly string[];
    gpus: readonly string[];
    labels: readonly string[];
  }): void {
    this.#peer?.send(JSON.stringify({ t: "status", ...status }));
  }

  /** Sends an answer to the question with this id. Lost while disconnected. */
  say(run: string, text: string): void {
    this.#peer?.send(JSON.stringify({ t: "say", run, text }));
  }

  /** A line `{"t":"answer","id":1,"answer":"+","proof":""}` of the peer. */
  answered(line: string): void {
    const record = asRecord(parseJson(line));
    const [id, said, proof] = [asCount(record?.["id"], 1), record?.["answer"], record?.["proof"]];
    const answer = typeof said === "string" ? parseEventAnswer(said) : undefined;
    const reply = answer && { answer, proof: typeof proof === "string" ? proof : "" };
    if (id !== undefined) this.#asked.get(id)?.(reply);
  }
}

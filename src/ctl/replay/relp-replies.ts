import type { Socket } from "node:net";
import { RelpError } from "./relp-error.ts";

/** A reply is a number, a word and a status; the reply to open includes a few offers. */
const MAX_REPLY_BYTES = 4_096;
const REPLY = /^(\d{1,9}) ([a-z]{1,32}) (\d{1,9})(?: |(?=\n))/;

/** The collector's replies in a session, in the order of the commands. */
export class RelpReplies {
  readonly #socket: Socket;
  #rest = "";
  #wanted = 0;
  #failure: RelpError | undefined;
  #settle: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => this.#take(bytes.toString("latin1")));
    socket.on("error", (error) => this.#fail(new RelpError("away", error.message, error)));
    socket.on("close", () => this.#fail(new RelpError("away", "the connection ended")));
  }

  /** Resolves after this many more replies, all positive. Rejects with `RelpError`. */
  answered(count: number, withinMs: number): Promise<void> {
    this.#wanted += count;
    return new Promise((resolve, reject) => {
      // The limit is on silence: a collector that answers slowly is alive.
      const timer = setTimeout(
        () => this.#fail(new RelpError("silent", `no answer for ${withinMs / 1_000} s`)),
        withinMs,
      );
      this.#settle = () => {
        timer.refresh();
        if (this.#failure === undefined && this.#wanted > 0) return;
        clearTimeout(timer);
        this.#settle = undefined;
        if (this.#failure === undefined) resolve();
        else reject(this.#failure);
      };
      this.#settle();
    });
  }

  #take(text: string): void {
    this.#rest += text;
    for (;;) {
      const head = REPLY.exec(this.#rest);
      if (head === null) break;
      const [whole, , command, digits] = head;
      const end = whole.length + Number(digits);
      if (end > MAX_REPLY_BYTES || this.#rest.length <= end) break;
      this.#reply(command ?? "", this.#rest.slice(whole.length, end));
      this.#rest = this.#rest.slice(end + 1);
    }
    if (this.#rest.length > MAX_REPLY_BYTES) this.#fail(new RelpError("refused", "its answer is not RELP"));
    this.#settle?.();
  }

  #reply(command: string, data: string): void {
    if (command === "serverclose") this.#fail(new RelpError("away", "the collector ended the session"));
    if (command !== "rsp") return;
    if (data.startsWith("200")) this.#wanted -= 1;
    else if (data !== "") this.#fail(new RelpError("refused", data));
  }

  #fail(failure: RelpError): void {
    this.#failure ??= failure;
    this.#socket.destroy();
    this.#settle?.();
  }
}

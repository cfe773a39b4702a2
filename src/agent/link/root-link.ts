import { connect, type Socket } from "node:net";
import { FLEET_LIMITS } from "../../wire/fleet/limits.ts";
import { isServiceName } from "../../wire/fleet/service-name.ts";
import { parseExecutionId } from "../../wire/ids.ts";
import { asCount, asRecord, parseJson } from "../../wire/record.ts";
import { readLines } from "../lines.ts";

const RETRY_AFTER_MS = 500;

/** The other half's report on its journal. */
export interface RootStatus {
  readonly journal: string;
  readonly sequence: number;
  readonly running: number;
  readonly open: readonly string[];
  readonly services: readonly string[];
  readonly gpus: readonly string[];
  /** Facts found by programs, as `KEY=VALUE`. */
  readonly labels: readonly string[];
}

/** A user's file that an order names. */
interface WantedBlob {
  readonly owner: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The connection to the half that starts commands, made again whenever it is lost. */
export class RootLink {
  readonly #path: string;
  readonly #onEvent: (event: string, answer: (text: string, proof: string) => void) => void;
  readonly #onStatus: (status: RootStatus) => void;
  readonly #onSay: (run: string, text: string) => void;
  readonly #onWant: (blob: WantedBlob) => Promise<string>;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: {
    readonly path: string;
    /** Sends an event to the collector and passes its answer, if any, back, with the collector's proof or "". */
    onEvent(event: string, answer: (text: string, proof: string) => void): void;
    onStatus(status: RootStatus): void;
    /** Sends this node's answer to the question with this id. */
    onSay(run: string, text: string): void;
    /** Resolves with "" once the blob is in the cache, otherwise with the reason. */
    onWant(blob: WantedBlob): Promise<string>;
  }) {
    this.#path = options.path;
    this.#onEvent = options.onEvent;
    this.#onStatus = options.onStatus;
    this.#onSay = options.onSay;
    this.#onWant = options.onWant;
    this.#connect();
  }

  /** False while disconnected: the collector resends the order. */
  order(message: string): boolean {
    if (this.#socket === undefined) return false;
    this.#socket.write(`${JSON.stringify({ t: "order", message })}\n`);
    return true;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #connect(): void {
    const socket = connect({ path: this.#path });
    socket.on("error", () => {});
    socket.once("connect", () => {
      this.#socket = socket;
      readLines(socket, (line) => this.#hear(line, socket));
    });
    socket.once("close", () => {
      this.#socket = undefined;
      if (!this.#isClosed) this.#timer = setTimeout(() => this.#connect(), RETRY_AFTER_MS);
    });
  }

  #hear(line: string, socket: Socket): void {
    const record = asRecord(parseJson(line));
    const [id, event] = [asCount(record?.["id"]), record?.["event"]];
    if (record?.["t"] === "event" && id !== undefined && typeof event === "string")
      this.#onEvent(event, (answer, proof) => {
        socket.write(`${JSON.stringify({ t: "answer", id, answer, proof })}\n`);
      });
    const [run, said] = [parseExecutionId(record?.["run"]), record?.["text"]];
    if (record?.["t"] === "say" && run !== undefined && typeof said === "string") this.#onSay(run, said);
    if (record?.["t"] === "want") this.#fetch(record, socket);
    const { journal, open, services, gpus, labels } = record ?? {};
    const [sequence, running] = [asCount(record?.["sequence"]), asCount(record?.["running"])];
    if (record?.["t"] !== "status" || typeof journal !== "string" || !Array.isArray(open) || !Array.isArray(services))
      return;
    const offered = services.filter(isServiceName).slice(0, FLEET_LIMITS.maxListedServices);
    const names = open.filter((name) => typeof name === "string").slice(0, FLEET_LIMITS.maxListedRuns);
    if (!isWords(gpus) || !isWords(labels) || sequence === undefined || running === undefined) return;
    this.#onStatus({ journal, sequence, running, open: names, services: offered, gpus, labels });
  }

  #fetch({ owner, sha256, bytes }: Readonly<Record<string, unknown>>, socket: Socket): void {
    const length = asCount(bytes);
    if (typeof owner !== "string" || typeof sha256 !== "string" || length === undefined) return;
    void this.#onWant({ owner, sha256, bytes: length }).then((why) => {
      socket.write(`${JSON.stringify({ t: "blob", owner, sha256, why })}\n`);
    });
  }
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === "string");
}

import { connect, type Socket } from "node:net";
import { afterwards } from "./cleanup.ts";
import { poll } from "./poll.ts";

export interface GateClient {
  readonly socket: Socket;
  write(...parts: readonly (Buffer | string)[]): void;
  /** Half-closes the connection. */
  finish(): void;
  /** All answers so far. */
  answers(): string;
  /** Settles with all answers at the gate's EOF; with "reset" at the end if it came as an error, or with `NO_PLACE`. */
  readonly ended: Promise<string>;
  /** Settles when the gate has said that BEGIN is in the journal. */
  begun(): Promise<void>;
}

/** The gate's queue of connections was full for a moment: mlrun would connect again. */
export const NO_PLACE = "full";

/** Connects as mlrun does. */
export function gateClient(path: string): GateClient {
  const socket = connect({ path, allowHalfOpen: true });
  afterwards(() => void socket.destroy());
  let answers = "";
  let failed = "";
  socket.on("data", (bytes) => {
    answers += bytes.toString();
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    failed = error.code === "EAGAIN" ? NO_PLACE : " reset";
  });
  const ended = new Promise<string>((resolve) => {
    socket.once("end", () => socket.end());
    socket.once("close", () => resolve(answers + failed));
  });
  return {
    socket,
    write: (...parts) => {
      for (const part of parts) socket.write(part);
    },
    finish: () => void socket.end(),
    answers: () => answers,
    ended,
    begun: () => poll("K", () => answers.startsWith("K")).then(() => {}),
  };
}

import type { Timers } from "../timers.ts";

interface Pipe extends Pick<Timers, "after"> {
  /** Bytes read from the pipe so far. */
  readBytes(): number;
  /** Whether reading is not paused. */
  mayRead(): boolean;
  /** Whether nobody holds the pipe open any more. */
  hasEnded(): boolean;
}

/** Longer than the pauses of `ReadPace`. */
const LOOK_AGAIN_MS = 5;
/**
 * Most looks: a process that still writes after this would write for ever. A second is enough for everything that a
 * pipe holds.
 */
const MAX_LOOKS = 200;

/** Calls `stop` once a pipe is empty: between two timers Node polls once for readable descriptors. */
export function whenEmpty(pipe: Pipe, stop: () => void): void {
  let looks = 0;
  let before = pipe.readBytes();
  const look = (): void => {
    if (pipe.hasEnded()) return;
    const mayRead = pipe.mayRead();
    if (mayRead) looks += 1;
    if (looks === MAX_LOOKS || (mayRead && pipe.readBytes() === before)) {
      stop();
      return;
    }
    before = pipe.readBytes();
    pipe.after(LOOK_AGAIN_MS, look);
  };
  pipe.after(LOOK_AGAIN_MS, look);
}

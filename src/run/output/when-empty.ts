export interface Pipe {
  /** Bytes that were read from it. */
  readBytes(): number;
  /** Reading is not held up. */
  mayRead(): boolean;
  /** Nobody holds it open any more. */
  hasEnded(): boolean;
}

/** Longer than the pauses of `ReadPace`. */
const LOOK_AGAIN_MS = 5;
/** Who still writes then writes for ever: a second is enough for all that a pipe holds. */
const MAX_LOOKS = 200;

/** Calls `stop` when what stands in a pipe is read: between two timers Node looks once at what can be read. */
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
    setTimeout(look, LOOK_AGAIN_MS);
  };
  setTimeout(look, LOOK_AGAIN_MS);
}

/** Most of a turn of the event loop that this may take: relays and viewers are served in between. */
const TURN_MS = 0.5;

export interface SlicedWork {
  /** Leaves the rest undone. */
  stop(): void;
  readonly areDone: boolean;
}

export const NO_WORK: SlicedWork = { stop: () => {}, areDone: true };

/**
 * Processes each item in short turns, beside the live work; waits for one whose `act` returns a promise.
 *
 * @param act Never rejects.
 * @param turnMs Longer at the start, before requests are served.
 */
export function workInSlices<T>(
  items: readonly T[],
  act: (item: T) => void | Promise<void>,
  turnMs = TURN_MS,
): SlicedWork {
  let next = 0;
  let timer: NodeJS.Immediate | undefined;
  let areDone = false;
  const goOn = (): void => {
    if (!areDone) timer = setImmediate(turn);
  };
  const turn = (): void => {
    const untilMs = performance.now() + turnMs;
    while (next < items.length && performance.now() < untilMs) {
      const item = items[next];
      next += 1;
      const acting = item === undefined ? undefined : act(item);
      if (acting !== undefined) {
        void acting.then(goOn);
        return;
      }
    }
    areDone = next >= items.length;
    goOn();
  };
  goOn();
  return {
    stop: () => {
      clearImmediate(timer);
      areDone = true;
    },
    get areDone() {
      return areDone;
    },
  };
}

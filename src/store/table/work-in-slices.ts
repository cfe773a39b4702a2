/** Most of a turn of the event loop that this may take: relays and viewers are served in between. */
const TURN_MS = 0.5;

export interface SlicedWork {
  /** Leaves the rest undone. */
  stop(): void;
  readonly areDone: boolean;
}

export const NO_WORK: SlicedWork = { stop: () => {}, areDone: true };

/**
 * Processes each item in short turns, beside the live work.
 *
 * @param turnMs Longer at the start, while nobody is served.
 */
export function workInSlices<T>(items: readonly T[], act: (item: T) => void, turnMs = TURN_MS): SlicedWork {
  let next = 0;
  let timer: NodeJS.Immediate | undefined;
  const turn = (): void => {
    const untilMs = performance.now() + turnMs;
    for (; next < items.length && performance.now() < untilMs; next += 1) {
      const item = items[next];
      if (item !== undefined) act(item);
    }
    timer = next < items.length ? setImmediate(turn) : undefined;
  };
  timer = setImmediate(turn);
  return {
    stop: () => {
      clearImmediate(timer);
      timer = undefined;
    },
    get areDone() {
      return timer === undefined;
    },
  };
}

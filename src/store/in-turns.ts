/** What one turn of the event loop may take: relays and viewers are served between two. */
const TURN_MS = 5;

/**
 * Does something for each item in short turns, beside the live work.
 *
 * @returns How to stop before all are done.
 */
export function inTurns<T>(items: readonly T[], act: (item: T) => void): () => void {
  let next = 0;
  let timer: NodeJS.Immediate | undefined;
  const turn = (): void => {
    const untilMs = performance.now() + TURN_MS;
    for (; next < items.length && performance.now() < untilMs; next += 1) {
      const item = items[next];
      if (item !== undefined) act(item);
    }
    timer = next < items.length ? setImmediate(turn) : undefined;
  };
  timer = setImmediate(turn);
  return () => clearImmediate(timer);
}

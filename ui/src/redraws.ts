/** Durations of running executions are drawn this often, where nothing else is. */
const TICK_MS = 1_000;

export interface Redraws {
  /** May be called thousands of times a second. */
  readonly redraw: () => void;
  /** Whatever is asked for afterwards, nothing is drawn. */
  readonly stop: () => void;
}

/** Draws once a frame at most, however often that is asked for, and every second. */
export function startRedraws(draw: () => void): Redraws {
  let frame = 0;
  let isStopped = false;
  const redraw = (): void => {
    if (isStopped) return;
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  const clock = setInterval(redraw, TICK_MS);
  const stop = (): void => {
    isStopped = true;
    clearInterval(clock);
    cancelAnimationFrame(frame);
  };
  return { redraw, stop };
}

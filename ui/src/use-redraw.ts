import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { REDRAW_CLOCK } from "./redraw-clock.ts";
import { startRedraws } from "./redraws.ts";

/** A function that requests a redraw of this component; it may be called thousands of times a second. */
export function useRedraw(): () => void {
  const [, countDraw] = useState(0);
  const wanted = useMemo<{ redraw: () => void }>(() => ({ redraw: () => undefined }), []);
  // Before the first paint: what asks earlier would be forgotten.
  useLayoutEffect(() => {
    const { redraw, stop } = startRedraws(() => countDraw((count) => count + 1), REDRAW_CLOCK);
    wanted.redraw = redraw;
    return stop;
  }, [wanted]);
  return useMemo(() => () => wanted.redraw(), [wanted]);
}

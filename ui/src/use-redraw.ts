import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { REDRAW_CLOCK } from "./redraw-clock.ts";
import { type Redraws, startRedraws } from "./redraws.ts";

/** Redraws of this component, while it is mounted. */
export function useRedraw(): Omit<Redraws, "stop"> {
  const [, countDraw] = useState(0);
  const wanted = useMemo<{ redraw: () => void; drawSoon: () => void }>(
    () => ({ redraw: NOTHING, drawSoon: NOTHING }),
    [],
  );
  // Before the first paint: earlier requests would be lost.
  useLayoutEffect(() => {
    const { redraw, drawSoon, stop } = startRedraws(() => countDraw((count) => count + 1), REDRAW_CLOCK);
    Object.assign(wanted, { redraw, drawSoon });
    return stop;
  }, [wanted]);
  return useMemo(() => ({ redraw: () => wanted.redraw(), drawSoon: () => wanted.drawSoon() }), [wanted]);
}

const NOTHING = (): void => undefined;

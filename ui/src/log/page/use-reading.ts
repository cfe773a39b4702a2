import { useCallback, useRef, useState } from "preact/hooks";

/** Shorter movements come from a trembling finger. */
const TURN_PX = 24;

interface Reading {
  readonly isReading: boolean;
  /** Takes a movement of the lines; down is positive. */
  readonly onMove: (deltaPx: number) => void;
}

/** On a phone: whether the reader is reading on, and needs the room above the lines. */
export function useReading(isNarrow: boolean): Reading {
  const [isDown, setDown] = useState(false);
  const wayPx = useRef(0);
  const onMove = useCallback((deltaPx: number): void => {
    const isSameWay = Math.sign(deltaPx) === Math.sign(wayPx.current);
    wayPx.current = deltaPx + (isSameWay ? wayPx.current : 0);
    if (Math.abs(wayPx.current) >= TURN_PX) setDown(wayPx.current > 0);
  }, []);
  return { isReading: isNarrow && isDown, onMove };
}

import { useCallback, useRef, useState } from "preact/hooks";

/** A shorter way is a finger that trembles. */
const TURN_PX = 24;

interface Reading {
  readonly isReading: boolean;
  /** The lines moved by so much; down is more than 0. */
  readonly onMove: (deltaPx: number) => void;
}

/** On a phone: whether somebody reads on, and needs the room of what stands above the lines. */
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

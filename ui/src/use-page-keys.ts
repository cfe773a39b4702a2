import { useLayoutEffect, useRef } from "preact/hooks";

/**
 * Calls the latest `onKey` for each key that is pressed anywhere on the page. Listens before the first paint: an effect
 * that runs after it is late on a busy machine, and keys typed until then would be lost.
 */
export function usePageKeys(onKey: (event: KeyboardEvent) => void): void {
  const latest = useRef(onKey);
  latest.current = onKey;
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent): void => latest.current(event);
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

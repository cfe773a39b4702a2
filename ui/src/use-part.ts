import { useEffect, useState } from "preact/hooks";

interface LoadedPart<P> {
  readonly part: P | undefined;
  /** Whether it could not be loaded. */
  readonly isLost: boolean;
}

/** A part of the script that is not a component, loaded once it is wanted. `load` always returns the same part. */
export function usePart<P>(load: () => Promise<P>, isWanted: boolean): LoadedPart<P> {
  const [loaded, setLoaded] = useState<LoadedPart<P>>({ part: undefined, isLost: false });
  const isHere = loaded.part !== undefined;
  useEffect(() => {
    if (!isWanted || isHere) return;
    load().then(
      (part) => setLoaded({ part, isLost: false }),
      () => setLoaded({ part: undefined, isLost: true }),
    );
  }, [load, isWanted, isHere]);
  return loaded;
}

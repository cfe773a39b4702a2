/** Calls `act` once after a time. Returns a function that calls it off. */
export function after(act: () => void, afterMs: number): () => void {
  const timer = setTimeout(act, afterMs);
  return () => clearTimeout(timer);
}

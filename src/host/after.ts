/** Calls once after a time. Returns how to call that off. */
export function after(act: () => void, afterMs: number): () => void {
  const timer = setTimeout(act, afterMs);
  return () => clearTimeout(timer);
}

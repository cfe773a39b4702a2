type Terminal = typeof import("./terminal-part.ts")["TERMINAL"];

let loaded: Terminal | undefined;
let isWanted = false;
/** The pages that are open: one. */
const waiting = new Set<() => void>();

/**
 * What shows lines that go back into what they have printed. Only for such a line: most logs have none, so asking says that it
 * is wanted. Undefined until it is loaded.
 */
export function terminal(): Terminal | undefined {
  if (!isWanted) {
    isWanted = true;
    for (const call of waiting) call();
  }
  return loaded;
}

export async function loadTerminal(): Promise<Terminal> {
  loaded ??= (await import("./terminal-part.ts")).TERMINAL;
  return loaded;
}

/** Calls back once a line wants the terminal, at once if one has. Returns a function that ends that. */
export function onTerminalWanted(call: () => void): () => void {
  waiting.add(call);
  if (isWanted) call();
  return () => waiting.delete(call);
}

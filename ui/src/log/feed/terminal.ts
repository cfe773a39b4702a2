type Terminal = typeof import("./terminal-part.ts")["TERMINAL"];

let loaded: Terminal | undefined;
let isWanted = false;
/** Callbacks of the open page. */
const waiting = new Set<() => void>();

/**
 * The terminal for lines that move back over printed text. Call only for such a line: most logs have none, so calling
 * starts loading it. Undefined until it is loaded.
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

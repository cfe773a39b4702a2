type Terminal = typeof import("../../../src/text/screen/line-screen.ts");

let loaded: Terminal | undefined;

/** What shows lines that go back into what they have printed; undefined until it is loaded: most lines need none. */
export function terminal(): Terminal | undefined {
  return loaded;
}

export async function loadTerminal(): Promise<Terminal> {
  loaded ??= await import("../../../src/text/screen/line-screen.ts");
  return loaded;
}

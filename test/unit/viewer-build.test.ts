import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { afterEach, describe, expect, test, vi } from "vitest";

const MAX_SCRIPT_BYTES = 60_000;
const LEAST_CONTRAST = 4.5;
const source = (path: string): string => fileURLToPath(new URL(`../../ui/${path}`, import.meta.url));

afterEach(() => vi.unstubAllEnvs());

test("the scripts of the first page stay within 60 KB, gzipped, whichever page that is", async () => {
  // Otherwise it is built for developers, as everything under Vitest.
  vi.stubEnv("NODE_ENV", "production");
  const built = await build({ configFile: source("vite.config.ts"), logLevel: "silent", build: { write: false } });
  const outputs = [built].flat().flatMap((each) => ("output" in each ? each.output : []));
  const chunks = outputs.filter((each) => each.type === "chunk");
  /** A chunk and all that it imports before it runs. */
  const withImports = (name: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(name)) return seen;
    seen.add(name);
    for (const each of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) withImports(each, seen);
    return seen;
  };
  const bytesOf = (names: Iterable<string>): number =>
    chunks
      .filter(({ fileName }) => new Set(names).has(fileName))
      .reduce((sum, { code }) => sum + gzipSync(code).length, 0);
  const entry = chunks.find(({ isEntry }) => isEntry)?.fileName ?? "";
  const isPage = (name: string): boolean => ["list-view", "log-page", "job-board", "search-page"].includes(name);
  const pages = chunks.filter(({ name, isDynamicEntry }) => isDynamicEntry && isPage(name));
  expect(pages.map(({ name }) => name).sort()).toEqual(["job-board", "list-view", "log-page", "search-page"]);
  // A job's page is a log with a board.
  for (const { fileName } of pages) {
    expect(bytesOf([...withImports(entry), ...withImports(fileName)]), fileName).toBeLessThan(MAX_SCRIPT_BYTES);
  }
});

describe("text is readable (WCAG AA) on both themes' paper", () => {
  /** `name: light-dark(light, dark)` in a style sheet. */
  function pairsIn(css: string): Map<string, [string, string]> {
    const pairs = new Map<string, [string, string]>();
    for (const [, name, light, dark] of css.matchAll(/([\w-]+)(?:\s*\{\s*color)?: light-dark\((#\w{6}), (#\w{6})\)/g)) {
      if (name !== undefined && light !== undefined && dark !== undefined) pairs.set(name, [light, dark]);
    }
    return pairs;
  }

  test("of the interface and of the terminal's sixteen colours", async () => {
    const base = pairsIn(await readFile(source("src/styles/base.css"), "utf8"));
    const ansi = pairsIn(await readFile(source("src/styles/ansi.css"), "utf8"));
    expect(ansi.size).toBe(16);
    const texts = [
      ...["--ink", "--quiet", "--accent", "--running", "--finished", "--failed", "--lost"],
      ...ansi.keys(),
    ];
    for (const paper of ["--paper", "--raised", "--ground", "--hover"]) {
      for (const text of texts) {
        const [onLight, onDark] = base.get(text) ?? ansi.get(text) ?? ["", ""];
        const [light, dark] = base.get(paper) ?? ["", ""];
        expect(contrast(onLight, light), `${text} on light ${paper}`).toBeGreaterThanOrEqual(LEAST_CONTRAST);
        expect(contrast(onDark, dark), `${text} on dark ${paper}`).toBeGreaterThanOrEqual(LEAST_CONTRAST);
      }
    }
  });
});

/** WCAG's contrast of two colours `#rrggbb`. A second implementation: the viewer's must not judge itself. */
function contrast(first: string, second: string): number {
  const [light = 0, dark = 0] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { describe, expect, test } from "vitest";

const MAX_SCRIPT_BYTES = 60 * 1024;
const LEAST_CONTRAST = 4.5;
const source = (path: string): string => fileURLToPath(new URL(`../../ui/${path}`, import.meta.url));

test("the viewer's script stays within 60 KiB, gzipped", async () => {
  const built = await build({ configFile: source("vite.config.ts"), logLevel: "silent", build: { write: false } });
  const outputs = [built].flat().flatMap((each) => ("output" in each ? each.output : []));
  const scripts = outputs.flatMap((each) => (each.type === "chunk" ? [each.code] : []));
  expect(scripts.length).toBeGreaterThan(0);
  expect(scripts.reduce((sum, code) => sum + gzipSync(code).length, 0)).toBeLessThan(MAX_SCRIPT_BYTES);
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

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "playwright-core";

const SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The slowest rule. Width does not change colours, and a theme changes nothing else. */
const CONTRAST = "color-contrast";

const LOOKS: readonly { name: string; colours: "light" | "dark"; width: number; options: axe.RunOptions }[] = [
  { name: "light", colours: "light", width: 1_280, options: {} },
  { name: "dark", colours: "dark", width: 1_280, options: { runOnly: [CONTRAST] } },
  { name: "phone", colours: "light", width: 390, options: { rules: { [CONTRAST]: { enabled: false } } } },
];

/** Less high than a screen: rows of a log are all alike, and each costs time. */
const HEIGHT = 500;

/** axe-core's findings on a page as it stands, light, dark and as wide as a phone: `phone: rule: element`. */
export async function axeFindings(
  page: Page,
  looks: readonly string[] = LOOKS.map(({ name }) => name),
): Promise<string[]> {
  const found: string[] = [];
  // Uses the debugger, to which the page's content security policy does not apply.
  await page.evaluate(SOURCE);
  for (const { name, colours, width, options } of LOOKS.filter((look) => looks.includes(look.name))) {
    await page.setViewportSize({ width, height: HEIGHT });
    await page.emulateMedia({ colorScheme: colours, reducedMotion: "reduce" });
    const violations = await page.evaluate(
      async (how) => (await (window as unknown as { axe: typeof axe }).axe.run(how)).violations,
      { ...options, resultTypes: ["violations" as const], preload: false },
    );
    for (const { id, nodes } of violations) found.push(...nodes.map(({ html }) => `${name}: ${id}: ${html}`));
  }
  return found;
}

import { join } from "node:path";
import type { Page } from "playwright-core";
import { ROOT } from "../support/programs.ts";

/** A picture of a page for the pages of the project: `ui/NAME.png`. */
export interface Picture {
  readonly name: string;
  readonly at: string;
  readonly size: readonly [width: number, height: number];
  readonly isDark?: true;
  /** There when the page is. */
  readonly shown: string;
  /** Brings the page to what is to be seen. */
  readonly act?: (page: Page) => Promise<void>;
}

/** Until what moves in has come, and a graph has been drawn. */
const REST_MS = 1_500;

interface Viewer {
  /** Signed in: only such a tab may have its orders signed. */
  readonly page: Page;
  readonly origin: string;
}

export async function take({ page, origin }: Viewer, pictures: readonly Picture[]): Promise<void> {
  for (const { name, at, size, isDark = false, shown, act } of pictures) {
    const [width, height] = size;
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: isDark ? "dark" : "light" });
    await page.goto(new URL(at, origin).href);
    await page.locator(shown).first().waitFor();
    await act?.(page);
    // Over nothing that shows a pointer.
    await page.mouse.move(width / 2, 1);
    await page.waitForTimeout(REST_MS);
    await page.screenshot({ path: join(ROOT, `ui/${name}.png`) });
    process.stdout.write(`ui/${name}.png\n`);
  }
}

import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { ROOT } from "../support/programs.ts";
import { openPage } from "../support/viewer.ts";

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
  readonly browser: Browser;
  readonly origin: string;
  readonly cookies: Awaited<ReturnType<ReturnType<Page["context"]>["cookies"]>>;
}

export async function take({ browser, origin, cookies }: Viewer, pictures: readonly Picture[]): Promise<void> {
  for (const { name, at, size, isDark = false, shown, act } of pictures) {
    const [width, height] = size;
    const { page } = await openPage(browser, { width, height, colours: isDark ? "dark" : "light" });
    await page.context().addCookies(cookies);
    await page.goto(new URL(at, origin).href);
    await page.locator(shown).first().waitFor();
    await act?.(page);
    await page.mouse.move(0, height - 1);
    await page.waitForTimeout(REST_MS);
    await page.screenshot({ path: join(ROOT, `ui/${name}.png`) });
    await page.context().close();
    process.stdout.write(`ui/${name}.png\n`);
  }
}

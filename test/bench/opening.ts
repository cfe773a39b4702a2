import type { Page } from "playwright-core";

const WITHIN_MS = 60_000;
const WORD = "opened after ms:";

/**
 * Goes to an address. Resolves with the time from the last byte of its HTML to the frame that has an element, by the
 * page's own clock.
 *
 * The page says so by itself: a locator looks after 20, 70, 170, 270 and 770 ms, and the first look costs the page as much
 * as a tenth of its opening.
 */
export async function opening(page: Page, url: string, selector: string): Promise<number> {
  await page.addInitScript(
    ([wanted, word]) => {
      const look = (): void => {
        if (document.querySelector(wanted) === null) {
          requestAnimationFrame(look);
          return;
        }
        const [first] = performance.getEntriesByType("navigation");
        const sinceMs = first instanceof PerformanceNavigationTiming ? first.responseEnd : Number.NaN;
        console.debug(`${word} ${performance.now() - sinceMs}`);
      };
      requestAnimationFrame(look);
    },
    [selector, WORD] as const,
  );
  const said = page.waitForEvent("console", {
    predicate: (message) => message.text().startsWith(WORD),
    timeout: WITHIN_MS,
  });
  const startedMs = performance.now();
  await page.goto(url);
  const ms = Number((await said).text().slice(WORD.length));
  if (!(ms > 0 && ms < performance.now() - startedMs)) throw new Error("The page's own clock is wrong");
  return ms;
}

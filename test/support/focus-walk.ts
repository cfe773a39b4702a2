import type { Page } from "playwright-core";
import { poll } from "./poll.ts";

/** The first rows of a log and of a search stand for all: they are alike. */
const MAX_STOPS = 40;

/** Presses Tab until the focus leaves the page. Throws at an element that has the focus but does not show it. */
export async function walkFocus(page: Page, name: string): Promise<void> {
  for (let stops = 0; stops < MAX_STOPS; stops += 1) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(focused);
    if (stop === undefined) return;
    // An element outside the view scrolls into it with the next frame.
    if (!stop.isSeen)
      await poll(`${name}: the focus on ${stop.html}`, async () => (await page.evaluate(focused))?.isSeen);
  }
}

/** Runs in the page. Undefined: no element has the focus. */
function focused(): { readonly html: string; readonly isSeen: boolean } | undefined {
  const element = document.activeElement;
  if (element === null || element === document.body) return undefined;
  const { outlineStyle, boxShadow } = getComputedStyle(element);
  // The ring of a radio button is around its words, that of the lines is on top of them.
  const beside =
    element.nextElementSibling === null ? "none" : getComputedStyle(element.nextElementSibling).outlineStyle;
  const log = element.closest(".log");
  const around = log === null ? "none" : getComputedStyle(log, "::after").boxShadow;
  const hasRing = [outlineStyle, boxShadow, beside, around].some((style) => style !== "none");
  const { left, top, right, bottom, width, height } = element.getBoundingClientRect();
  const [x, y] = [Math.max(0, left) + Math.min(right, innerWidth), Math.max(0, top) + Math.min(bottom, innerHeight)];
  const over = document.elementFromPoint(x / 2, y / 2);
  const isOnTop = over !== null && element.parentElement?.contains(over) === true;
  const html = element.outerHTML.slice(0, 200);
  return { html, isSeen: hasRing && width > 0 && height > 0 && (isOnTop || over?.contains(element) === true) };
}

import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import { afterwards } from "./cleanup.ts";
import { poll } from "./poll.ts";
import { ROOT } from "./programs.ts";

/** Needed for Chromium as root, and to keep it from connecting to other machines. */
const CHROMIUM_ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colours?: "light" | "dark";
  /** Language that the browser asks for; English by default. */
  readonly locale?: string;
}

/** The viewer as built by set-up. */
export const UI_FOLDER = join(ROOT, "dist/ui");

export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium-headless-shell";
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
  afterwards(() => browser.close());
  return browser;
}

/** Opens a page in its own session. Errors of scripts and of the content security policy are added to `problems`. */
export async function openPage(
  browser: Browser,
  options: PageOptions = {},
): Promise<{ page: Page; problems: string[] }> {
  const { width = 1_280, height = 800, colours = "light", locale = "en-GB" } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: colours, locale });
  afterwards(() => context.close());
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    // A refused request is the subject of some tests, and Chromium reports each.
    if (message.type() === "error" && !message.text().startsWith("Failed to load")) problems.push(message.text());
  });
  return { page, problems };
}

interface SeenRow {
  readonly n: number;
  /** Text of the row; for a hole, its words. */
  readonly text: string;
  /** The time as on the wire; empty where times are not shown. */
  readonly time: string;
  readonly isHole: boolean;
}

/** The rows that are in view. */
export function rowsInView(page: Page): Promise<SeenRow[]> {
  return page.evaluate(() => {
    const scroller = document.querySelector(".scroller")?.getBoundingClientRect();
    if (scroller === undefined) return [];
    const rows = [...document.querySelectorAll<HTMLElement>(".row")].filter((row) => {
      const box = row.getBoundingClientRect();
      return box.bottom > scroller.top + 1 && box.top < scroller.bottom - 1;
    });
    return rows.map((row) => {
      const isHole = row.classList.contains("hole");
      const text = row.querySelector(isHole ? ".hole-words" : ".text")?.textContent ?? "";
      const time = row.querySelector("time")?.dateTime ?? "";
      return { n: Number(row.dataset["n"]), text, time, isHole };
    });
  });
}

/** Waits until the view has come to rest at the place that its address names. Returns the top row. */
export function topAtRest(page: Page): Promise<SeenRow> {
  return poll("the view at rest", async () => {
    const [top] = await rowsInView(page);
    const said = new URL(page.url()).searchParams.get("top");
    // An execution's place is a line; a job's has the line's time and execution as well.
    const [n, , time] = (said ?? "").split("_").reverse();
    return top !== undefined && n === String(top.n) && (time === undefined || time === top.time) && top;
  });
}

import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { axeFindings } from "../support/axe.ts";
import { afterwards } from "../support/cleanup.ts";
import { DEMO_PATIENCE_MS } from "../support/poll.ts";
import { start } from "../support/processes.ts";
import { openPage, startBrowser } from "../support/viewer.ts";
import { DEMO_PAGES } from "../support/viewer-pages.ts";

const DEMO = fileURLToPath(new URL("../../dist/src/bin/demo.js", import.meta.url));
const ENGLISH = fileURLToPath(new URL("../../ui/src/texts/en", import.meta.url));
/** An English word that Spanish has as well says nothing. */
const LEAST_CHARACTERS = 4;
const WIDTHS = [1_280, 390] as const;

/** Rules of axe-core see other elements there; the rest is the same page as in English. */
const WITH_AXE = ["account", "job", "run"];

const PAGES = [["list", "/", ".job-counts"], ...DEMO_PAGES] as const;

let page: Page;
let problems: string[];
let dialog: Locator;

beforeAll(async () => {
  const demo = start(process.execPath, [DEMO]);
  afterwards(async () => {
    await demo.end("SIGINT");
  });
  const browser = await startBrowser();
  ({ page, problems } = await openPage(browser, { locale: "es-ES" }));
  dialog = page.getByRole("dialog");
  const [, address = ""] = await demo.waitFor(/Open (\S+)/, DEMO_PATIENCE_MS);
  await page.goto(address);
  await page.locator(".job-counts").first().waitFor();
});

/** Patterns of all English texts that Spanish says in other words. */
async function englishTexts(): Promise<string[]> {
  const rooms = readdirSync(ENGLISH).map((name) => import(`${ENGLISH}/${name}`) as Promise<Record<string, unknown>>);
  const { TEXTS: spanish } = (await import(`${ENGLISH}/../es.ts`)) as { TEXTS: unknown };
  const own = new Set(textsIn(spanish));
  const all = (await Promise.all(rooms)).flatMap((room) => textsIn(room));
  const asPattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/40\d/g, ".+");
  return all.filter((text) => text.trim().length >= LEAST_CHARACTERS && !own.has(text)).map(asPattern);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") return [String(value(...[401, 402, 403, 404].slice(0, value.length)))];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** What a person could read or hear of the page in English, but for what programs have printed. */
function englishIn(patterns: readonly string[]): Promise<string[]> {
  return page.evaluate((all) => {
    const english = new RegExp(`^(?:${all.map((each) => each.trim()).join("|")})$`);
    const found: string[] = [];
    const take = (text: string | null): void => {
      if (text !== null && english.test(text.trim())) found.push(text.trim());
    };
    for (const element of document.body.querySelectorAll("*")) {
      if (element.closest("noscript, .rows, code, pre, .found ul") !== null) continue;
      for (const name of ["title", "placeholder", "aria-label"]) take(element.getAttribute(name));
      for (const child of element.childNodes) if (child.nodeType === Node.TEXT_NODE) take(child.textContent);
    }
    return found;
  }, patterns);
}

/** Controls of which a part is cut off, or beyond the page. */
function overflowing(): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.documentElement;
    const wide = root.scrollWidth > root.clientWidth ? [`page: ${root.scrollWidth} px`] : [];
    const cut = [
      ...document.querySelectorAll<HTMLElement>(
        "button, label > span, legend, summary, .job-heading, .usage-share, dialog",
      ),
    ]
      .filter((each) => each.closest(".rows, .for-screen-readers, .board-grid, .log-title, table") === null)
      .filter((each) => !each.classList.contains("for-screen-readers"))
      .filter((each) => each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1)
      .map((each) => `${each.className || each.tagName}: ${each.innerText.slice(0, 80)}`);
    return [...wide, ...cut];
  });
}

test("no page and no dialogue has a word of English, is too wide, or fails axe-core, on a screen and a phone", async () => {
  const patterns = await englishTexts();
  const found: Record<string, readonly string[]> = {};
  const look = async (name: string): Promise<void> => {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      found[`${name}, ${width}: too wide`] = await overflowing();
    }
    found[`${name}: English`] = await englishIn(patterns);
    if (WITH_AXE.includes(name)) found[`${name}: axe`] = await axeFindings(page, ["phone"]);
    await page.setViewportSize({ width: WIDTHS[0], height: 800 });
  };
  for (const [name, address, shown] of PAGES) {
    await page.goto(new URL(address, page.url()).href);
    await page.locator(shown).first().waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("es");
    await look(name);
  }
  // Only what has ended can be deleted.
  await page.getByText("3 terminadas").first().waitFor();
  await page.getByRole("button", { name: "Acciones" }).click();
  await dialog.getByRole("button", { name: "Avísame" }).waitFor();
  await look("actions");
  await dialog.getByRole("button", { name: "Borrar…" }).click();
  await dialog.getByRole("alertdialog").waitFor();
  await look("delete");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Ejecutar", exact: true }).click();
  await dialog.getByRole("checkbox", { name: /node4/ }).waitFor();
  await look("run");
  expect(Object.entries(found).filter(([, each]) => each.length > 0)).toEqual([]);
  expect(problems).toEqual([]);
});

test("where Spanish cannot be loaded, the page is English, and says so to screen readers", async () => {
  await page.route(/\/es-[^/]*\.js$/, (route) => route.abort());
  await page.goto(new URL("/?page=account", page.url()).href);
  await page.getByRole("heading", { name: "Sessions" }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
  await page.unrouteAll();
});

test("another language is a choice away, and stays", async () => {
  await page.goto(new URL("/?page=account", page.url()).href);
  await page.getByRole("combobox", { name: "Idioma" }).selectOption("English");
  await page.getByRole("heading", { name: "Sessions" }).waitFor();
  await page.reload();
  await page.getByRole("combobox", { name: "Language" }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
});

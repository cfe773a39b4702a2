import type { Browser } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { OPENED_X, openLog, seeLine } from "../support/open-log.ts";
import { poll } from "../support/poll.ts";
import { rowsInView, startBrowser, topAtRest } from "../support/viewer.ts";

const HUGE = 100_000_000;

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});

test("a part of the page that cannot be loaded says so, and what to do, until it can", async () => {
  const { page } = await openLog(browser, { lines: 3 });
  await page.route(/(actions-dialog|parse-goto|find-engine)/, (route) => route.abort());
  await page.getByRole("button", { name: "Actions" }).click();
  const words = page.getByText("This part could not be loaded: reload the page");
  await words.waitFor();
  await page.getByRole("textbox", { name: "Go to line or time" }).fill("2");
  await page.keyboard.press("Enter");
  await poll("both", async () => (await words.count()) === 2);
  await page.getByRole("radio", { name: "stderr" }).check({ force: true });
  await poll("all three", async () => (await words.count()) === 3);
  await page.unrouteAll();
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("dialog").waitFor();
  expect(await words.count()).toBe(2);
});

describe("an execution of 100 million lines", () => {
  test("opens at its end with a handful of requests", async () => {
    const { mock, page, problems } = await openLog(browser, { lines: HUGE });
    await seeLine(page, HUGE);
    expect(mock.requests.filter((path) => path.includes("/lines")).length).toBeLessThanOrEqual(2);
    expect(await page.locator(".row").count()).toBeLessThan(100);
    expect(problems).toEqual([]);
  });

  test("goes to any line, and keeps its place in the address", async () => {
    const { page } = await openLog(browser, { lines: HUGE });
    await page.getByLabel("Go to line or time").fill("51,234,567");
    await page.keyboard.press("Enter");
    await seeLine(page, 51_234_567);
    expect(await page.locator(".row.marked .n").innerText()).toBe("51234567");
    await topAtRest(page);
    const before = await rowsInView(page);
    await page.reload();
    await seeLine(page, 51_234_567);
    await topAtRest(page);
    expect((await rowsInView(page)).map(({ n }) => n)).toEqual(before.map(({ n }) => n));
    expect(await page.locator(".row.marked .n").innerText()).toBe("51234567");
  });

  test("can be dragged by its scroll bar, and scrolled from there by the wheel", async () => {
    const { page } = await openLog(browser, { lines: HUGE });
    const bar = await page.locator(".scroll-bar").boundingBox();
    if (bar === null) throw new Error("no scroll bar");
    const x = bar.x + bar.width / 2;
    await page.mouse.move(x, bar.y + bar.height - 5);
    await page.mouse.down();
    await page.mouse.move(x, bar.y + bar.height / 2, { steps: 20 });
    await page.locator(".bubble").waitFor();
    await page.mouse.up();
    const { n: middle } = await topAtRest(page);
    expect(middle / HUGE).toBeCloseTo(0.5, 1);
    await page.mouse.move(400, 500);
    await page.mouse.wheel(0, 4_000);
    await seeLine(page, middle + 200);
  });

  test("can be read by keyboard", async () => {
    const { page } = await openLog(browser, { lines: HUGE });
    await page.keyboard.press("g");
    await seeLine(page, 1);
    await page.keyboard.press("j");
    await poll("one line down", async () => (await rowsInView(page))[0]?.n === 2);
    await page.keyboard.press("PageDown");
    await poll("a page down", async () => ((await rowsInView(page))[0]?.n ?? 0) > 20);
    await page.keyboard.press("PageUp");
    await page.keyboard.press("k");
    await poll("back at the top", async () => (await rowsInView(page))[0]?.n === 1);
    await page.keyboard.press("End");
    await seeLine(page, HUGE);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    expect(await page.evaluate(() => document.activeElement?.matches("[type=search]"))).toBe(true);
  });

  test("holds a bounded part, however far it is scrolled", async () => {
    const { page } = await openLog(browser, { lines: HUGE }, { query: "&top=50000000" });
    await seeLine(page, 50_000_000);
    await page.mouse.move(400, 500);
    for (let turn = 1; turn <= 12; turn += 1) {
      await page.mouse.wheel(0, -40_000);
      await seeLine(page, 50_000_000 - turn * 2_000);
    }
    for (let turn = 11; turn >= 0; turn -= 1) {
      await page.mouse.wheel(0, 40_000);
      await seeLine(page, 50_000_000 - turn * 2_000);
    }
    expect(await page.locator(".row").count()).toBeLessThan(100);
  });
});

test("shows missing lines as rows and as marks on the scroll bar", async () => {
  const ended = { state: "failed", code: 3, delivery: "incomplete", dropped: 7_890, thinned: 123_456 } as const;
  const { page } = await openLog(browser, { lines: 20_000, missing: [[5_001, 5_300]], ended }, { query: "&top=4995" });
  await page.getByText("Lines 5,001–5,300 are missing").waitFor();
  expect((await rowsInView(page)).map(({ n }) => n).slice(4, 9)).toEqual([4_999, 5_000, 5_001, 5_301, 5_302]);
  const facts = await page.locator(".facts").innerText();
  for (const words of ["failed", "exit 3", "300 lines missing", "7.89 kB dropped", "123 kB of redraws thinned"]) {
    expect(facts).toContain(words);
  }
  expect(await page.locator(".scroll-hole").count()).toBe(1);
});

test("a missing execution is reported", async () => {
  const { mock, page } = await openLog(browser, { lines: 1 });
  await page.goto(`${mock.url}/?x=01JC0000000000000000000009`);
  await page.getByText("There is no such execution").waitFor();
});

test("offers the printed bytes as a download", async () => {
  const { page } = await openLog(browser, { lines: 10 });
  const link = page.getByRole("link", { name: "raw" });
  expect(await link.getAttribute("href")).toBe(`api/executions/${OPENED_X}/raw?node=n1&owner=alice`);
});

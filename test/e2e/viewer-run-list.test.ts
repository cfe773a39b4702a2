import type { Browser, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { afterwards } from "../support/cleanup.ts";
import { poll } from "../support/poll.ts";
import { type RunSite, startRunSite } from "../support/run-site.ts";
import { openPage, rowsInView, startBrowser, UI_FOLDER } from "../support/viewer.ts";
import { signedIn } from "../support/web.ts";

const SECOND = 1_000;
const RUNS = 30;

let browser: Browser;
let on: RunSite;

/** Thirty runs of two ranks; in the newest one a rank has failed and the other is silent. */
beforeAll(async () => {
  browser = await startBrowser();
  on = await startRunSite({ uiFolder: UI_FOLDER });
  const { site, clock } = on;
  for (let i = 1; i <= RUNS; i += 1) {
    clock.nowMs += SECOND;
    const launch = { job: `job-${i}`, run: String(i), startedMs: clock.nowMs };
    const ranks = await on.begin([0, 1].map((rank) => ({ ...launch, node: `node${rank}`, rank })));
    const isLast = i === RUNS;
    await site.store.store(ranks.map((one) => one.lines(site, clock.nowMs, [`hello from ${i}`])));
    const ending = isLast ? ranks.slice(1) : ranks;
    await site.store.store(ending.map((one) => one.end(site, clock.nowMs + SECOND, isLast ? 1 : 0)));
    if (!isLast) continue;
    clock.nowMs += 20 * SECOND;
    await site.store.store(ranks.slice(0, 1).map((one) => one.beat(site)));
  }
});

async function open(size: { width?: number; height?: number } = {}): Promise<Page> {
  const { cookie } = await signedIn(on.origin, "alice");
  const { page, problems } = await openPage(browser, size);
  afterwards(() => expect(problems).toEqual([]));
  const [name = "", value = ""] = cookie.split(/=(.*)/s);
  await page.context().addCookies([{ name, value, url: on.origin }]);
  await page.goto(`${on.origin}/`);
  return page;
}

test("a row of the list says how a run stands: states, duration, last line, silence", async () => {
  const page = await open();
  const row = page.getByRole("region", { name: `Job job-${RUNS}` });
  await row.getByText("silent 20 s").waitFor();
  const words = (await row.innerText()).replace(/\s+/g, " ");
  expect(words).toMatch(/^job-30 run 30 1 running 1 failed .*rank 1 \(node1\) hello from 30 .*silent 20 s 2$/);
  expect(await page.locator(".execution").count()).toBe(0);
  await row.getByRole("button", { name: "Show executions of job-30" }).click();
  await row.locator(".execution").nth(1).waitFor();
  expect(await page.title()).toBe("✕ 1 running · marcologger");
  expect(await page.locator('link[rel="icon"]').getAttribute("href")).toBe("icon-failed.svg");
});

test("25 rows stand on a screen, and keys go from one to the next", async () => {
  const page = await open({ width: 1_280, height: 1_080 });
  const last = page.getByRole("region", { name: /^Job job-6,/ });
  await last.waitFor();
  await poll("25 rows on the screen", async () => ((await last.boundingBox())?.y ?? 9_999) < 1_080 - 38);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await poll("the second run", async () => (await rowsInView(page)).at(-1)?.text === "hello from 29");
  await poll("its title", async () => (await page.title()) === "✓ job-29 · marcologger");
  await page.goBack();
  await last.waitFor();
  await page.keyboard.press("?");
  await page.getByText("next, previous row").waitFor();
});

test("problems first brings the failed run to the top, whichever is newest", async () => {
  const page = await open();
  await page.getByRole("combobox", { name: "Order" }).selectOption("problems");
  const first = page.locator(".job").first();
  await poll("the failed one", async () => (await first.innerText()).includes("job-30"));
  expect(new URL(page.url()).search).toBe("?sort=problems");
});

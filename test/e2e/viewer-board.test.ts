import type { Browser, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { afterwards } from "../support/cleanup.ts";
import type { Launched } from "../support/launched.ts";
import { poll } from "../support/poll.ts";
import { type RunSite, startRunSite } from "../support/run-site.ts";
import { openPage, rowsInView, startBrowser, UI_FOLDER } from "../support/viewer.ts";
import { signedIn } from "../support/web.ts";

const SECOND = 1_000;

let browser: Browser;
let on: RunSite;

beforeAll(async () => {
  browser = await startBrowser();
  on = await startRunSite({ uiFolder: UI_FOLDER });
});

const TRACE = ["Traceback (most recent call last):", '  File "train.py", line 41', "MemoryError: 80 GB are not enough"];
const EPOCHS = [2, 3, 4, 5].map((epoch) => `epoch ${epoch} loss=0.${91 - epoch}`);

/** A job of which rank 11 fails, and rank 5 prints nothing any more while the others go on. */
async function train(job: string, count: number): Promise<Launched[]> {
  const { site, clock } = on;
  const startedMs = clock.nowMs;
  const ranks = await on.begin(
    Array.from({ length: count }, (_, rank) => ({ job, run: "7", node: `node${rank + 1}`, rank, startedMs })),
  );
  const says = async (text: string, except: readonly number[]) => {
    clock.nowMs += 10 * SECOND;
    const printing = ranks.filter((_, rank) => !except.includes(rank));
    await site.store.store(printing.map((one) => one.lines(site, clock.nowMs, [text])));
    await site.store.store(ranks.map((one) => one.beat(site)));
  };
  await says("epoch 1 loss=0.93", []);
  const failing = ranks[11];
  if (failing === undefined) throw new Error("Too few ranks");
  await site.store.store([failing.lines(site, clock.nowMs, TRACE, "stderr"), failing.end(site, clock.nowMs, 1)]);
  for (let epoch = 2; epoch <= 5; epoch += 1) await says(`epoch ${epoch} loss=0.${91 - epoch}`, [5, 11]);
  return ranks;
}

/** A signed-in page at an address. */
async function open(address: string, size: { width?: number; height?: number } = {}): Promise<Page> {
  const { cookie } = await signedIn(on.origin, "alice");
  const { page, problems } = await openPage(browser, size);
  afterwards(() => expect(problems).toEqual([]));
  const [name = "", value = ""] = cookie.split(/=(.*)/s);
  await page.context().addCookies([{ name, value, url: on.origin }]);
  await page.goto(`${on.origin}/${address}`);
  return page;
}

test("a job of 16 names what failed first, with its last words, and what hangs, without a click", async () => {
  const ranks = await train("train-16", 16);
  const page = await open("?job=train-16");
  const first = page.getByRole("region", { name: "What failed first" });
  await first.getByText("MemoryError: 80 GB are not enough").waitFor();
  expect(await first.innerText()).toMatch(/rank 11 \(node12\) failed first\s+\d\d:\d\d:\d\d\s+exit 1\s+Go there/);
  expect(await first.locator("pre").innerText()).toMatch(/^Traceback.*line 41.*not enough$/s);
  expect(await page.locator(".silent-note").innerText()).toMatch(/^\s*rank 5 \(node6\) silent 40 s\s*$/);
  const cells = page.locator(".cell");
  expect(await cells.allInnerTexts()).toEqual(ranks.map((_, rank) => String(rank)));
  expect(await cells.nth(11).getAttribute("aria-label")).toBe("rank 11 (node12), failed, exit 1");
  expect(await cells.nth(5).getAttribute("aria-label")).toBe("rank 5 (node6), running, silent 40 s");

  await cells.nth(3).hover();
  await page.locator(".cell-tip").getByText("epoch 5 loss=0.86").waitFor();
  await cells.nth(3).click();
  const labels = async () => [...new Set(await page.locator(".node-label").allInnerTexts())].sort().join();
  await poll("only node4", async () => (await labels()) === "node4");
  await page
    .locator(".cell")
    .nth(11)
    .click({ modifiers: ["ControlOrMeta"] });
  await poll("node4 and node12", async () => (await labels()) === "node12,node4");
  expect(await page.locator('.cell[aria-pressed="true"]').allInnerTexts()).toEqual(["3", "11"]);
  await page.reload();
  await poll("the same after a reload", async () => (await labels()) === "node12,node4");
  await page.getByRole("button", { name: "Show all 16" }).click();
  await poll("other nodes", async () => (await labels()).split(",").length > 10);

  const rows = async () => (await page.locator(".row").allInnerTexts()).map((row) => row.replace(/\s+/g, " "));
  await page.getByLabel("Fold").check();
  await poll("one row for each epoch", async () => (await rows()).length === 8);
  const folded = await rows();
  expect(folded.at(-1)).toMatch(/node\[1-5,7-11,13-16\] epoch 5 loss=0\.86$/);
  expect(folded[0]).toMatch(/node\[1-16\] epoch 1 loss=0\.93$/);
  expect(await page.locator(".row.few").allInnerTexts()).toHaveLength(3);
  await page.getByRole("combobox", { name: "Beside the lines" }).selectOption("rank");
  await page.getByRole("button", { name: "[0-4,6-10,12-15]" }).last().click();
  await poll("each line of the last row", async () => (await rows()).length === 8 + 13);
  expect(new URL(page.url()).search).toContain("fold=1&gutter=rank");
  await page.getByLabel("Fold").uncheck();
  await page.getByRole("combobox", { name: "Beside the lines" }).selectOption("node");

  // Side by side: the columns are those that the board has chosen.
  await cells.nth(3).click();
  for (const rank of [5, 11]) await cells.nth(rank).click({ modifiers: ["ControlOrMeta"] });
  await poll("three nodes", async () => (await labels()) === "node12,node4,node6");
  await page.getByRole("combobox", { name: "Columns" }).selectOption("side by side, by time");
  const columns = page.locator(".side-header .side-cell");
  await poll("three columns", async () => (await columns.allInnerTexts()).sort().join() === "node12,node4,node6");
  const texts = async () => (await page.locator(".side-cell .text").allInnerTexts()).sort();
  const all = ["epoch 1 loss=0.93", "epoch 1 loss=0.93", "epoch 1 loss=0.93", ...EPOCHS, ...TRACE].sort();
  await poll("all lines of the three", async () => JSON.stringify(await texts()) === JSON.stringify(all));
  expect(await page.locator(".row.side").count()).toBe(1 + 3 + 4);
  expect(await page.locator(".row.side.few").count()).toBe(0);
  await page.getByRole("combobox", { name: "Columns" }).selectOption("side by side, equal lines");
  await poll("the same lines", async () => JSON.stringify(await texts()) === JSON.stringify(all));
  expect(await page.locator(".row.side.few").count()).toBe(4 + 3);
  expect(new URL(page.url()).searchParams.get("side")).toBe("text");
  await page.reload();
  await poll("the same after a reload", async () => JSON.stringify(await texts()) === JSON.stringify(all));
  await page.getByRole("combobox", { name: "Columns" }).selectOption("one list");
  await page.getByRole("button", { name: "Show all 16" }).click();
  await poll("other nodes again", async () => (await labels()).split(",").length > 10);

  await page.locator(".cell").first().focus();
  await page.keyboard.press("End");
  expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
    "rank 15 (node16), running",
  );
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await poll("only node15", async () => (await labels()) === "node15");

  await first.getByRole("link", { name: "Go there" }).click();
  await page.locator(".row.marked").getByText("MemoryError: 80 GB").waitFor();
});

test("labels tell ranks of one node apart; a phone shows why the first one failed", async () => {
  const { site, clock } = on;
  const launch = { job: "shared", run: "1", node: "node1", startedMs: clock.nowMs };
  const ranks = await on.begin([0, 1].map((rank) => ({ ...launch, rank })));
  await site.store.store(ranks.map((one) => one.lines(site, clock.nowMs, ["begins"])));
  const trace = [...Array.from({ length: 9 }, (_, at) => `  at step ${at}`), "MemoryError: the last line says why"];
  const failing = ranks.slice(1);
  await site.store.store(failing.map((one) => one.lines(site, clock.nowMs, trace, "stderr")));
  await site.store.store(failing.map((one) => one.end(site, clock.nowMs, 3)));

  const page = await open("?job=shared", { width: 390, height: 844 });
  await page.locator(".node-label", { hasText: "node1/1" }).first().waitFor();
  const lines = page.locator(".first-failure pre");
  await poll("the end of the last lines", () =>
    lines.evaluate(
      (pre) => pre.scrollHeight > pre.clientHeight && pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 1,
    ),
  );
  await page.goto(on.origin);
  const why = page.getByRole("region", { name: "Job shared" }).locator(".last-line");
  await why.getByText("MemoryError: the last line says why").waitFor();
  expect((await why.boundingBox())?.width).toBeGreaterThan(300);
});

test("an execution alone in its job says how it ended; a job without any says so", async () => {
  const { site, clock } = on;
  const [one] = await on.begin([{ job: "alone", run: "1", node: "node1", startedMs: clock.nowMs }]);
  if (one === undefined) throw new Error("Nothing has begun");
  await site.store.store([one.lines(site, clock.nowMs, ["begins"]), one.end(site, clock.nowMs, 2)]);
  const page = await open("?job=alone");
  await page.locator(".facts").getByText("exit 2").waitFor();
  await page.goto(`${on.origin}/?job=nowhere`);
  await page.getByText("No execution here").waitFor();
});

test("a run of hundreds names them as well, when the lines of neither are loaded", async () => {
  const ranks = await train("train-220", 220);
  const page = await open("?job=train-220");
  await page.getByText("rank 11 (node12) failed first").waitFor();
  await page.getByText("MemoryError: 80 GB are not enough").waitFor();
  await page.locator(".silent-note").getByText("rank 5 (node6)").waitFor();
  expect(await page.locator(".cell").count()).toBe(220);
  expect(await page.locator(".cell-failed").count()).toBe(1);
  expect(await page.locator(".facts").innerText()).toMatch(/220 executions\s/);

  // Its lines, of every execution, from the first to the last and as they come.
  await poll("the last lines", async () => (await rowsInView(page)).at(-1)?.text === "epoch 5 loss=0.86");
  await page.keyboard.press("Home");
  await poll("the first lines", async () => (await rowsInView(page))[0]?.text === "epoch 1 loss=0.93");
  const nodes = new Set<string>();
  await poll("a line of every node", async () => {
    for (const label of await page.locator(".node-label").allInnerTexts()) nodes.add(label);
    await page.keyboard.press("PageDown");
    return nodes.size === 220;
  });
  await page.keyboard.press("End");
  await poll("the end", async () => (await rowsInView(page)).at(-1)?.text === "epoch 5 loss=0.86");
  const [, , one] = ranks;
  on.clock.nowMs += SECOND;
  if (one !== undefined) await on.site.store.store([one.lines(on.site, on.clock.nowMs, ["as it comes"])]);
  await poll("a new line", async () => (await rowsInView(page)).at(-1)?.text === "as it comes");

  // The scroll bar, and the strip above the lines, go over the whole time of the run.
  const firstLine = async () => (await rowsInView(page))[0]?.text;
  const bar = await boxOf(page, ".scroll-bar");
  expect(await page.locator(".scroll-failure").count()).toBe(1);
  await page.mouse.move(bar.x + bar.width / 2, bar.y + bar.height - 10);
  await page.mouse.down();
  await page.mouse.move(bar.x + bar.width / 2, bar.y + 1, { steps: 3 });
  await page
    .locator(".bubble")
    .getByText(/^\d\d:\d\d:\d\d$/)
    .waitFor();
  await page.mouse.up();
  await poll("the first lines of all", async () => (await firstLine()) === "epoch 1 loss=0.93");
  const strip = await boxOf(page, ".time-strip");
  const at = async (part: number) => page.mouse.move(strip.x + strip.width * part, strip.y + 10);
  await at(0.95);
  await page
    .locator(".strip-words")
    .getByText(/^\d\d:\d\d:\d\d, about [\d,]+ lines? in [\d.]+ s$/)
    .waitFor();
  await page.mouse.down();
  await page.mouse.up();
  await poll("the place of the click", async () => (await firstLine()) === "epoch 5 loss=0.86");
  await at(0.25);
  await page.mouse.down();
  await at(0.5);
  await page.mouse.up();
  await page.getByRole("button", { name: /^Remove since:/ }).waitFor();
  const chosen = new URL(page.url()).searchParams.get("q") ?? "";
  const [, since = "", until = ""] = /^since:(\S+Z) until:(\S+Z)$/.exec(chosen) ?? [];
  expect(Date.parse(until) - Date.parse(since)).toBeGreaterThan(10 * SECOND);
  expect(Math.abs((await boxOf(page, ".strip-chosen")).x - (strip.x + strip.width * 0.25))).toBeLessThan(
    strip.width / 20,
  );
});

async function boxOf(page: Page, selector: string) {
  const box = await page.locator(selector).boundingBox();
  if (box === null) throw new Error(`${selector} is not drawn`);
  return box;
}

import type { Browser, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { makeExecutionId } from "../../src/wire/ids.ts";
import { afterwards } from "../support/cleanup.ts";
import { type MockCollector, startMockCollector } from "../support/mock-collector.ts";
import { MockExecution, type MockExecutionOptions, text } from "../support/mock-executions.ts";
import { poll } from "../support/poll.ts";
import { openPage, type PageOptions, startBrowser, UI_FOLDER } from "../support/viewer.ts";

const PHONE = { width: 390, height: 800 } as const;
const LINES = 400;

let browser: Browser;
let made = 0;

beforeAll(async () => {
  browser = await startBrowser();
});

function execution(options: Partial<MockExecutionOptions> = {}): MockExecution {
  const startedAtMs = Date.now() - 60_000;
  made += 1;
  const x = makeExecutionId(startedAtMs, new Uint8Array(16).fill(made));
  const lineAt = (n: number) => text(`line ${n}`);
  return new MockExecution({ x, node: `n${made}`, argv: ["./train"], startedAtMs, lines: LINES, lineAt, ...options });
}

async function open(
  executions: MockExecution[],
  address: string,
  options: PageOptions = {},
): Promise<{ mock: MockCollector; page: Page }> {
  const mock = await startMockCollector({ uiFolder: UI_FOLDER, executions });
  afterwards(() => mock.close());
  const { page } = await openPage(browser, options);
  await page.goto(`${mock.url}/${address}`);
  await page.locator(".row").first().waitFor({ state: "attached" });
  await page.locator(".log-title").waitFor();
  return { mock, page };
}

test("on a phone what stands above the lines goes while one reads on, and comes back on the way up or with the focus", async () => {
  const one = execution();
  const { page } = await open([one], `?x=${one.options.x}&line=100`, PHONE);
  const height = async (): Promise<number> => (await page.locator(".scroller").boundingBox())?.height ?? 0;
  const small = await height();
  await page.locator(".scroller").hover();
  await page.mouse.wheel(0, 200);
  await poll("room for the lines", async () => (await height()) > PHONE.height - 10);
  // It is neither hidden nor out of the tab order.
  await page.getByRole("combobox", { name: "Time" }).focus();
  await poll("the header with the focus", async () => (await height()) <= small + 50);
  await page.locator(".scroller").focus();
  await poll("room again", async () => (await height()) > PHONE.height - 60);
  await page.mouse.wheel(0, -200);
  await poll("the header", async () => (await height()) <= small);
});

test("on a phone one turn of the wheel over long lines never leaves the log blank", async () => {
  const words = Array.from({ length: 1_200 }, (_, at) => `"word${at}"`).join();
  const coloured = Array.from({ length: 150 }, () => "\u001b[1;32;44mx\u001b[0m").join("");
  const lineAt = (n: number) => text(n % 3 === 0 ? `[${words}]` : n % 6 === 1 ? coloured : `line ${n}`);
  const one = execution({ lines: 60, lineAt });
  const { page } = await open([one], `?x=${one.options.x}`, PHONE);
  await page.getByText("line 59", { exact: true }).waitFor();
  await page.locator(".scroller").hover();
  let before = "";
  for (const deltaPx of [-3_000, -3_000, -900, 2_500, -40_000]) {
    await page.mouse.wheel(0, deltaPx);
    await poll(`rows elsewhere after ${deltaPx}`, async () => (await coveredOf(page)).top !== before);
    await poll(`a view full of rows after ${deltaPx}`, async () => (await coveredOf(page)).blankPx === 0);
    before = (await coveredOf(page)).top;
  }
});

/** How much of the view has no rows, above and below those that are drawn. */
function coveredOf(page: Page): Promise<{ top: string; blankPx: number }> {
  return page.evaluate(() => {
    const view = document.querySelector(".scroller")?.getBoundingClientRect();
    const rows = document.querySelector<HTMLElement>(".rows");
    const box = rows?.getBoundingClientRect();
    if (view === undefined || box === undefined) return { top: "", blankPx: Number.NaN };
    const blankPx = Math.max(0, box.top - view.top - 1) + Math.max(0, view.bottom - box.bottom - 1);
    return { top: rows?.style.transform ?? "", blankPx };
  });
}

test("on a screen nothing moves", async () => {
  const one = execution();
  const { page } = await open([one], `?x=${one.options.x}&line=100`);
  const before = await page.locator(".scroller").boundingBox();
  await page.locator(".scroller").hover();
  await page.mouse.wheel(0, 400);
  await poll("further lines", async () => (await page.locator(".scroller").innerText()).includes("line 120"));
  expect(await page.locator(".scroller").boundingBox()).toEqual(before);
});

test("a log that is followed says now and then how many lines came, and reads none aloud", async () => {
  const one = execution();
  const { mock, page } = await open([one], `?x=${one.options.x}`);
  const log = page.getByRole("log", { name: "Lines" });
  expect(await log.getAttribute("aria-live")).toBe("off");
  await page.getByText("Live", { exact: true }).waitFor();
  one.print(12);
  mock.live.publish(one, [LINES + 1, LINES + 12]);
  await page.getByText("line 412", { exact: true }).waitFor();
  await page.getByRole("status").getByText("12 new lines").waitFor();
});

test("the label beside the lines is remembered, for jobs that have it", async () => {
  const labelled = ["a", "b"].map((rank) => execution({ job: "train", run: "r1", labels: { rank: `rank-${rank}` } }));
  const plain = ["c", "d"].map(() => execution({ job: "plain", run: "r2" }));
  const { mock, page } = await open([...labelled, ...plain], "?job=train");
  const names = async (): Promise<string> =>
    [...new Set(await page.locator(".rows .node-label").allInnerTexts())].sort().join();
  await page.getByRole("combobox", { name: "Beside the lines" }).selectOption("rank");
  await poll("ranks", async () => (await names()) === "rank-a,rank-b");
  await page.goto(`${mock.url}/?job=train`);
  await poll("ranks without an address that says so", async () => (await names()) === "rank-a,rank-b");
  await page.goto(`${mock.url}/?job=plain`);
  await poll("nodes where there are no ranks", async () => /^n\d+,n\d+$/.test(await names()));
  await page.goto(`${mock.url}/?job=train&fold=1`);
  await poll("ranks of folded lines", async () => (await names()) === "rank-a,rank-b");
  await page.getByRole("combobox", { name: "Beside the lines" }).selectOption("node");
  await poll("nodes of folded lines", async () => /^n\[\d+-\d+\]$/.test(await names()));
  await page.getByRole("combobox", { name: "Beside the lines" }).selectOption("rank");
  await page.goto(`${mock.url}/?job=train`);
  await page.getByRole("combobox", { name: "Beside the lines" }).selectOption("node");
  await poll("nodes, as chosen", async () => /^n\d+,n\d+$/.test(await names()));
});

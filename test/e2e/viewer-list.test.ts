import type { Browser, Page, Route } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { makeExecutionId } from "../../src/wire/ids.ts";
import { afterwards } from "../support/cleanup.ts";
import type { MockCollector } from "../support/mock-collector.ts";
import { startMockCollector } from "../support/mock-collector.ts";
import type { MockExecutionOptions } from "../support/mock-executions.ts";
import { MockExecution, text } from "../support/mock-executions.ts";
import { poll } from "../support/poll.ts";
import { openPage, startBrowser, UI_FOLDER } from "../support/viewer.ts";

const NOW_MS = Date.now();
const RANDOM = new Uint8Array(16);

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});

function execution(agoSeconds: number, options: Partial<MockExecutionOptions> = {}): MockExecution {
  const startedAtMs = NOW_MS - agoSeconds * 1_000;
  return new MockExecution({
    x: makeExecutionId(startedAtMs, RANDOM),
    node: "n1",
    argv: ["./a"],
    startedAtMs,
    ...options,
  });
}

async function setUp(
  executions: MockExecution[],
  address = "",
  admin = false,
): Promise<{ mock: MockCollector; page: Page; problems: string[] }> {
  const mock = await startMockCollector({ uiFolder: UI_FOLDER, executions, admin });
  afterwards(() => mock.close());
  const opened = await openPage(browser);
  await opened.page.goto(`${mock.url}/${address}`);
  return { mock, ...opened };
}

test("groups executions by job, newest first, each with its state", async () => {
  const { page, problems } = await setUp([
    execution(10, { job: "train", node: "gpu-1", argv: ["torchrun", "train.py"], lines: 1_234 }),
    execution(11, { job: "train", node: "gpu-2", lines: 10, ended: { state: "failed", code: 3 } }),
    execution(60, { argv: ["make", "-j8", "a b"], lines: 5, ended: { state: "finished", code: 0 } }),
    execution(90, {
      argv: ["sim"],
      lines: 50,
      missing: [[3, 12]],
      ended: { state: "failed", signal: "SIGKILL", delivery: "incomplete" },
    }),
    execution(99, { argv: ["gone"], ended: { state: "lost", delivery: "incomplete" } }),
  ]);
  const job = page.getByRole("region", { name: "Job train" });
  await job.getByRole("button", { name: "Show executions of train" }).click();
  const rows = await page.locator(".execution").allInnerTexts();
  const words = rows.map((row) => row.replace(/\s+/g, " "));
  expect(words[0]).toMatch(/^running torchrun train\.py gpu-1 .*1,234 lines .* receiving$/);
  expect(words[1]).toMatch(/^failed exit 3 \.\/a gpu-2 /);
  expect(words[2]).toMatch(/^finished make -j8 'a b' n1 .* complete$/);
  expect(words[3]).toMatch(/^failed SIGKILL sim .* 10 lines missing$/);
  expect(words[4]).toMatch(/^lost gone /);
  expect(await job.locator(".job-counts").innerText()).toMatch(/1 running\s+1 failed/);
  await job.getByRole("button", { name: "Hide executions of train" }).click();
  await poll("the job is folded", async () => (await page.locator(".execution").count()) === 3);
  expect(problems).toEqual([]);
});

test("shows changes at once", async () => {
  const running = execution(10, { lines: 5 });
  const { mock, page } = await setUp([running]);
  await page.getByText("running").last().waitFor();
  running.print(995);
  mock.live.changed(running);
  await page.getByText("1,000 lines").waitFor();
  running.end({ state: "failed", code: 7 });
  mock.live.changed(running);
  await page.getByText("exit 7").waitFor();
  const added = execution(0, { argv: ["./new"] });
  mock.executions.push(added);
  mock.live.changed(added);
  await page.getByRole("link", { name: "./new" }).waitFor();
  expect(await page.locator(".execution").first().innerText()).toContain("./new");
});

test("puts filters into the address and the request, and keeps them on reload", async () => {
  const { mock, page } = await setUp([
    execution(1, { argv: ["alpha"], node: "n1" }),
    execution(2, { argv: ["beta"], node: "n2", ended: { state: "failed", code: 1 } }),
    execution(3, { argv: ["beta", "2"], node: "n2" }),
  ]);
  await page.getByRole("link", { name: "alpha" }).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("beta");
  await page.getByRole("link", { name: "alpha" }).waitFor({ state: "detached" });
  await page.getByRole("radio", { name: "failed" }).check();
  await page.getByLabel("Node").selectOption("n2");
  await poll("one execution left", async () => (await page.locator(".execution").count()) === 1);
  expect(new URL(page.url()).search).toBe("?node=n2&state=failed&q=beta");
  expect(mock.requests.filter((asked) => asked.includes("/executions?")).at(-1)).toContain("state=failed");
  await page.reload();
  await page.getByRole("link", { name: "beta" }).waitFor();
  expect(await page.locator(".execution").count()).toBe(1);
  expect(await page.getByRole("searchbox").inputValue()).toBe("beta");
});

test("shows the labels that a run's executions share, and finds them", async () => {
  const { page } = await setUp([
    ...[1, 2].map((rank) => execution(rank, { job: "tuned", labels: { model: "llama", rank: String(rank) } })),
    execution(3, { job: "other", labels: { model: "bert" } }),
  ]);
  const row = page.getByRole("region", { name: "Job tuned" });
  await row.getByText("model=llama").waitFor();
  expect(await row.innerText()).not.toContain("rank=");
  await page.keyboard.press("/");
  await page.keyboard.type("llama");
  await page.getByRole("region", { name: "Job other" }).waitFor({ state: "detached" });
  await row.getByText("model=llama").first().waitFor();
});

test("loads older executions while scrolling", async () => {
  const { page } = await setUp(
    Array.from({ length: 250 }, (_, index) => execution(index, { argv: [`./run${index}`] })),
  );
  await page.locator(".execution").first().waitFor();
  await poll("all are there", async () => {
    // In one step: the list redraws meanwhile, and an element that was found may be gone.
    await page.evaluate(() => [...document.querySelectorAll(".execution")].at(-1)?.scrollIntoView());
    return (await page.locator(".execution").count()) === 250;
  });
});

test("an empty list explains how to begin, one without matches how to go on", async () => {
  const { page } = await setUp([]);
  await page.getByText("mlrun -- your-command").waitFor();
  const other = await setUp([execution(1)], "?q=nothing");
  await other.page.getByRole("button", { name: "Clear the filters" }).click();
  await other.page.getByRole("link", { name: "./a" }).waitFor();
  expect(new URL(other.page.url()).search).toBe("");
});

test("a search without matches goes on, and says that nothing matches only at its end", async () => {
  const { page } = await setUp([execution(1)]);
  const held: Route[] = [];
  let isHeld = true;
  await page.route("**/api/executions?*", async (route) => {
    const isLast = route.request().url().includes("before=");
    if (isLast && isHeld) held.push(route);
    else await route.fulfill({ json: { executions: [], next: isLast ? null : "behind" } });
  });
  await page.getByRole("searchbox").fill("nothing");
  await page.getByText("Loading earlier executions…").waitFor();
  await poll("the last page is asked for", () => held.length > 0);
  expect(await page.getByText("No execution matches").count()).toBe(0);
  isHeld = false;
  for (const route of held) await route.fulfill({ json: { executions: [], next: null } });
  await page.getByText("No execution matches").waitFor();
});

test("limits a filter to the collector's length", async () => {
  const { mock, page } = await setUp([execution(1)], `?q=${"a".repeat(300)}`);
  await page.getByText("No execution matches").waitFor();
  const searched = mock.requests.map((path) => new URLSearchParams(path.split("?")[1]).get("q"));
  expect(searched).toContain("a".repeat(256));
  const field = page.getByRole("searchbox");
  await field.selectText();
  await page.keyboard.insertText("b".repeat(300));
  expect(await field.inputValue()).toBe("b".repeat(256));
});

test("fits a phone's width without sideways scrolling", async () => {
  const mock = await startMockCollector({
    uiFolder: UI_FOLDER,
    executions: [execution(1, { argv: ["x".repeat(300)] })],
  });
  afterwards(() => mock.close());
  const { page } = await openPage(browser, { width: 360, height: 700 });
  await page.goto(mock.url);
  await page.locator(".execution").waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await page.locator(".list-page").evaluate((list) => list.scrollWidth <= list.clientWidth)).toBe(true);
});

test("what others share is listed with their names, and one's own without", async () => {
  const owned = (owner: string, minute: number) =>
    execution(minute, { owner, argv: [`./${owner}`], lines: 1, lineAt: () => text(`${owner}'s line`) });
  const { page, problems } = await setUp([owned("alice", 10), owned("bob", 11)]);
  await page.getByRole("link", { name: "./bob" }).waitFor();
  expect(await page.locator(".jobs .owner").allTextContents()).toContain("bob");
  expect(await page.locator(".jobs .owner").allTextContents()).not.toContain("alice");
  await page.getByRole("link", { name: "./bob" }).click();
  await page.getByText("bob's line").waitFor();
  expect(new URL(page.url()).searchParams.get("owner")).toBe("bob");
  expect(problems).toEqual([]);
});

test("an administrator can tell two users' executions of one id and node apart", async () => {
  const owned = (owner: string) =>
    execution(10, { owner, argv: [`./${owner}`], lines: 1, lineAt: () => text(`${owner}'s line`) });
  const [alices, bobs] = [owned("alice"), owned("bob")];
  const { x } = alices.options;
  const { mock, page, problems } = await setUp([alices, bobs], "", true);
  for (const owner of ["alice", "bob"]) {
    await page.getByRole("link", { name: `./${owner}` }).click();
    await page.getByText(`${owner}'s line`).waitFor();
    expect(new URL(page.url()).searchParams.get("owner")).toBe(owner);
    await page.goBack();
  }
  for (const address of [`?x=${x}`, `?x=${x}&node=n1`]) {
    await page.goto(`${mock.url}/${address}`);
    await page.getByText("Whose execution is meant?").waitFor();
    await page.getByRole("link", { name: "bob", exact: true }).click();
    await page.getByText("bob's line").waitFor();
  }
  mock.executions.push(execution(5, { owner: "alice", job: "train" }), execution(4, { owner: "bob", job: "train" }));
  await page.goto(`${mock.url}/?job=train`);
  await page.getByText("Whose job is meant?").waitFor();
  await page.getByRole("link", { name: "alice", exact: true }).click();
  await page.locator(".facts").getByText("1 execution").waitFor();
  expect(problems).toEqual([]);
});

import type { Browser, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { makeExecutionId } from "../../src/wire/ids.ts";
import { afterwards } from "../support/cleanup.ts";
import { startMockCollector } from "../support/mock-collector.ts";
import { MockExecution, type MockExecutionOptions, text } from "../support/mock-executions.ts";
import { poll } from "../support/poll.ts";
import { openPage, startBrowser, UI_FOLDER } from "../support/viewer.ts";

const NOW_MS = Date.now();
const SECOND_US = 1_000_000;

let browser: Browser;
let made = 0;

beforeAll(async () => {
  browser = await startBrowser();
});

function execution(agoSeconds: number, options: Partial<MockExecutionOptions> = {}): MockExecution {
  const startedAtMs = NOW_MS - agoSeconds * 1_000;
  made += 1;
  const x = makeExecutionId(startedAtMs, new Uint8Array(16).fill(made));
  return new MockExecution({
    x,
    node: "n1",
    argv: ["./a"],
    job: "nightly",
    startedAtMs,
    stepUs: SECOND_US,
    ...options,
  });
}

async function setUp(executions: MockExecution[], address = "", more = {}): Promise<Page> {
  const mock = await startMockCollector({ uiFolder: UI_FOLDER, executions, ...more });
  afterwards(() => mock.close());
  const { page } = await openPage(browser);
  await page.goto(`${mock.url}/${address}`);
  return page;
}

const says = (words: string) => (n: number) => text(`${words} ${n}`);
const shown = async (page: Page): Promise<string> => page.locator(".log-frame").innerText();
const until = (page: Page, words: string, isThere = true) =>
  poll(`${words} ${isThere ? "shown" : "gone"}`, async () => (await shown(page)).includes(words) === isThere);

const RUNS = () => [
  execution(10, { run: "4712", lines: 2, lineAt: says("second"), ended: { state: "failed", code: 3 } }),
  execution(12, { run: "4712", node: "n2", lines: 2, lineAt: says("beside") }),
  execution(3_600, { run: "4711", lines: 2, lineAt: says("first"), ended: { state: "finished", code: 0 } }),
];

test("runs of a job stand apart in the list, each with its own states", async () => {
  const page = await setUp(RUNS());
  const sections = page.getByRole("region", { name: "Job nightly" });
  await sections.nth(1).waitFor();
  await sections.nth(1).locator(".job-counts").waitFor();
  const words = await Promise.all([0, 1].map((i) => sections.nth(i).locator(".job-heading").innerText()));
  expect(words[0]).toMatch(/nightly\s+run 4712\s+1 running\s+1 failed/);
  expect(words[1]).toMatch(/nightly\s+run 4711\s+1 finished/);
  await sections.nth(1).getByRole("link", { name: "nightly", exact: true }).click();
  await until(page, "first 2");
  expect(await shown(page)).not.toContain("second");
  expect(new URL(page.url()).search).toBe("?job=nightly&run=4711");
});

test("a job shows its newest run; another one, and all, are a choice away", async () => {
  const page = await setUp(RUNS(), "?job=nightly");
  await until(page, "second 2");
  expect(await shown(page)).toContain("beside 2");
  expect(await shown(page)).not.toContain("first");
  const choice = page.locator(".run-choice select");
  await poll("all runs", async () => (await choice.locator("option").count()) === 3);
  expect(await choice.locator("option").allInnerTexts()).toEqual(["run 4712, running", "run 4711", "all 2 runs"]);
  await choice.selectOption("4711");
  await until(page, "first 2");
  await until(page, "second", false);
  await page.locator(".facts").getByText("finished").waitFor();
  await choice.selectOption({ label: "all 2 runs" });
  await until(page, "second 2");
  expect(await shown(page)).toContain("first 2");
  expect(new URL(page.url()).search).toContain("run=*");
});

test("a node's known clock difference is taken out of times and order; the header says so, and can leave it", async () => {
  const behind = execution(100, { node: "n2", lines: 3, lineAt: says("behind"), facts: { clockMs: 60_500 } });
  const page = await setUp([execution(40, { lines: 3, lineAt: says("right") }), behind], "?job=nightly&time=utc");
  const order = async () => (await shown(page)).match(/(right|behind) \d/g)?.join(", ");
  const corrected = "right 1, behind 1, right 2, behind 2, right 3, behind 3";
  await poll("the corrected order", async () => (await order()) === corrected);
  const note = page.getByLabel("n2's clock is 61 s behind: corrected");
  await note.click();
  await poll(
    "the nodes' order",
    async () => (await order()) === "behind 1, behind 2, behind 3, right 1, right 2, right 3",
  );
  expect(new URL(page.url()).search).toContain("clock=node");
  await page.getByLabel("n2's clock is 61 s behind: not corrected").click();
  await poll("the corrected order again", async () => (await order()) === corrected);
});

test("lines of an mlrun inside another stand once in the job, and in full on the enclosing one's page", async () => {
  const outer = execution(50, { lines: 3, lineAt: (n) => text(n === 2 ? "compiling" : `make ${n}`) });
  const { x } = outer.options;
  const facts = { parent: x, within: { stdout: "stdout" } } as const;
  const inner = execution(50, { lines: 2, lineAt: (n) => text(n === 2 ? "compiling" : "only inside"), facts });
  const page = await setUp([inner, outer], "?job=nightly");
  await until(page, "only inside");
  await until(page, "make 3");
  expect((await shown(page)).match(/compiling/g)).toHaveLength(1);
  await page.getByText("lines of inner executions once").waitFor();
  await page.goto(`${new URL(page.url()).origin}/?x=${x}`);
  await until(page, "make 3");
  expect(await shown(page)).toContain("compiling");
});

test("a uid that means somebody else is shown to an administrator, and on the execution", async () => {
  const mismatches = [{ node: "n1", uid: 1_001, there: "carol", here: "alice" }];
  const one = execution(5, { lines: 1, facts: { claimedUser: "carol" } });
  const page = await setUp([one], "", { admin: true, mismatches });
  await page.getByText("A uid means another user on a node").click();
  await page.getByText("uid 1001 is carol on n1, and alice here").waitFor();
  await page.goto(`${new URL(page.url()).origin}/?x=${one.options.x}`);
  await page.getByText("run by carol on n1").waitFor();
});

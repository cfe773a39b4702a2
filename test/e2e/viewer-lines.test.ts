import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import xterm from "@xterm/headless";
import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { afterwards } from "../support/cleanup.ts";
import { type MockCollector, startMockCollector } from "../support/mock-collector.ts";
import { MockExecution, type MockExecutionOptions, type MockLine, text } from "../support/mock-executions.ts";
import { poll } from "../support/poll.ts";
import { openPage, rowsInView, startBrowser, UI_FOLDER } from "../support/viewer.ts";

const X = "01JC0000000000000000000000";
const RECORDINGS = fileURLToPath(new URL("../fixtures/terminal", import.meta.url));
const COLUMNS = 600;
const ROWS = 60;

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});

async function open(
  options: readonly Partial<MockExecutionOptions>[],
  query = `x=${X}`,
): Promise<{ mock: MockCollector; page: Page; executions: readonly MockExecution[] }> {
  const startedAtMs = Date.now() - 60_000;
  const executions = options.map(
    (each, at) =>
      new MockExecution({ x: `${X.slice(0, -1)}${at}`, node: `n${at}`, argv: ["./a"], startedAtMs, ...each }),
  );
  const mock = await startMockCollector({ uiFolder: UI_FOLDER, executions });
  afterwards(() => mock.close());
  const { page, problems } = await openPage(browser);
  afterwards(() => expect(problems).toEqual([]));
  await page.goto(`${mock.url}/?${query}`);
  await page.locator(".row").first().waitFor({ state: "attached" });
  return { mock, page, executions };
}

function linesOf(lines: readonly MockLine[]): Partial<MockExecutionOptions> {
  return { lines: lines.length, lineAt: (n) => lines[n - 1] ?? text(""), ended: { state: "finished", code: 0 } };
}

/** What a terminal shows in the end, without blanks at the ends of rows and empty rows. */
async function shownByXterm(lines: readonly string[]): Promise<string[]> {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, convertEol: true, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(lines.join("\n"), resolve));
  const buffer = terminal.buffer.active;
  const rows = Array.from({ length: buffer.length }, (_, y) => buffer.getLine(y)?.translateToString(true) ?? "");
  terminal.dispose();
  return rows.map((row) => row.trimEnd()).filter((row) => row !== "");
}

const shownIn = async (page: Page): Promise<string[]> =>
  (await rowsInView(page)).map((row) => row.text.trimEnd()).filter((row) => row !== "");

describe("what a program has drawn over and over", () => {
  test.each(readdirSync(RECORDINGS))("shows as on a terminal: %s", async (name) => {
    const lines = readFileSync(`${RECORDINGS}/${name}`, "utf8").replace(/\n$/, "").split("\n");
    const { page } = await open([linesOf(lines.map((line) => text(line)))]);
    const wanted = await shownByXterm(lines);
    await poll("the terminal's rows", async () => (await shownIn(page)).length === wanted.length);
    expect(await shownIn(page)).toEqual(wanted);
  });

  test("lists the states of a row on a click", async () => {
    const lines = ["a 1", "b 1", "\x1b[2A\x1b[Ka 2", "\x1b[Kb 2", "done"];
    const { page } = await open([linesOf(lines.map((line) => text(line)))]);
    await poll("the last states", async () => (await shownIn(page)).join() === "a 2,b 2,done");
    await page.locator(".redraws").first().click();
    await page.getByRole("dialog").locator("li").nth(1).waitFor();
    expect(await page.getByRole("dialog").locator("li").allInnerTexts()).toEqual(["a 1", "a 2"]);
  });
});

describe("a line of many pieces", () => {
  const PIECE = "x".repeat(7_000);

  test("is one row with one number, though it came in many pages", async () => {
    const pieces = Array.from({ length: 700 }, () => text(PIECE, "stdout", true));
    const { page } = await open([linesOf([text("before"), ...pieces, text("end"), text("after")])]);
    const numbers = async () => (await rowsInView(page)).map(({ n }) => n).join();
    await poll("three rows", async () => (await numbers()) === "1,2,703");
    await page.getByRole("button", { name: "+4.90 MB" }).waitFor();
    expect(await page.locator(".continues").count()).toBe(0);
  });

  test("says where it goes on after a line of the other stream", async () => {
    const lines = [text("Password: ", "stderr", true), text("beside"), text("ok", "stderr"), text("next", "stderr")];
    const { page } = await open([linesOf(lines)]);
    const marked = page.locator(".row:has(.continues)");
    await poll("one that goes on", async () => (await marked.count()) === 1);
    expect(await marked.locator(".text").innerText()).toBe("ok");
    expect(await marked.locator(".continues").getAttribute("title")).toBe("Goes on from an earlier row");
  });
});

test("a link of a line shows where it leads", async () => {
  const { page } = await open([linesOf([text("\x1b]8;;https://example.org/a\x07here\x1b]8;;\x07")])]);
  expect(await page.locator(".text a").getAttribute("title")).toBe("https://example.org/a");
});

test("a mark keeps the job view, and its address leads others there", async () => {
  const job = { job: "train", lines: 500, stepUs: 1_000_000 };
  const { mock, page } = await open([job, job], "job=train");
  await poll("the end", async () => (await rowsInView(page)).at(-1)?.n === 500);
  const number = (n: number, node: string) =>
    page.locator(`.row[data-n="${n}"]`, { has: page.locator(".node-label", { hasText: node }) }).locator(".n");
  await number(497, "n1").click();
  await number(499, "n1").click({ modifiers: ["Shift"] });
  await poll("three lines of one execution", async () => (await page.locator(".row.marked").count()) === 3);
  expect(await page.locator(".row.marked .node-label").allInnerTexts()).toEqual(["n1", "n1", "n1"]);
  expect(await page.locator(".selection-bar").innerText()).toMatch(/^n1\s+Lines 497–499/);

  const address = new URL(page.url());
  expect([address.searchParams.get("job"), address.searchParams.get("line")]).toEqual(["train", "497-499"]);
  for (const execution of mock.executions) execution.print(2_000);
  address.searchParams.delete("top");
  await page.goto(address.href);
  await poll("the marked lines", async () => (await page.locator(".row.marked").count()) === 3);
  expect(new Set(await page.locator(".node-label").allInnerTexts())).toEqual(new Set(["n0", "n1"]));
  await page.locator(".selection-bar").getByRole("link", { name: "n1" }).click();
  await page.getByRole("heading", { name: "./a" }).waitFor();
  expect(await page.locator(".row.marked").getAttribute("data-n")).toBe("497");
});

test("keys alone mark a line and a range, and take the mark away", async () => {
  const lines = Array.from({ length: 400 }, (_, i) => text(`line ${i + 1}`));
  const { page } = await open([linesOf(lines)], `x=${X}&top=10`);
  const marked = async (): Promise<(string | null)[]> =>
    Promise.all((await page.locator(".row.marked").all()).map((row) => row.getAttribute("data-n")));
  const shows = (wanted: readonly string[]) =>
    poll(`marked: ${wanted}`, async () => String(await marked()) === String(wanted));
  const [first] = await rowsInView(page);
  const n = Number(first?.n);
  await page.keyboard.press("m");
  await shows([`${n}`]);
  for (const key of ["j", "j", "M"]) await page.keyboard.press(key);
  await shows([`${n}`, `${n + 1}`, `${n + 2}`]);
  await page.keyboard.press("m");
  await page.keyboard.press("m");
  await shows([]);
});

import type { Browser } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { text } from "../support/mock-executions.ts";
import { linesOf, OPENED_X, openLog, seeLine } from "../support/open-log.ts";
import { poll } from "../support/poll.ts";
import { rowsInView, startBrowser } from "../support/viewer.ts";

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});

describe("a command's output", () => {
  test("is plain text, whatever it looks like", async () => {
    const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>&amp;`;
    const { page, problems } = await openLog(browser, linesOf([text(evil), text(`\x1b]0;${evil}\x07\x1b[31m${evil}`)]));
    expect((await rowsInView(page)).map((row) => row.text)).toEqual([evil, evil]);
    expect(await page.locator(".rows img, .rows script").count()).toBe(0);
    await poll("the title", async () => (await page.title()) === "✓ train · marcologger");
    expect(problems).toEqual([]);
  });

  test("has colours, the theme's or its own, within the page's content policy", async () => {
    const { page, problems } = await openLog(
      browser,
      linesOf([text("\x1b[1;31mred\x1b[0m \x1b[38;2;10;20;30mown\x1b[0m \x1b[48;5;208mback\x1b[0m")]),
      { colours: "dark" },
    );
    const spans = page.locator(".row .text > span");
    expect(await spans.allInnerTexts()).toEqual(["red", "own", "back"]);
    const styleOf = (index: number, property: "color" | "backgroundColor" | "fontWeight"): Promise<string> =>
      spans.nth(index).evaluate((span, name) => getComputedStyle(span)[name], property);
    expect(await styleOf(0, "color")).toBe("rgb(255, 143, 135)");
    expect(await styleOf(0, "fontWeight")).toBe("700");
    expect(await styleOf(1, "color")).not.toBe("rgb(10, 20, 30)");
    expect(await styleOf(2, "backgroundColor")).toBe("rgb(255, 135, 0)");
    expect(problems).toEqual([]);
  });

  test("shows bytes, controls and bidi characters as visible text", async () => {
    const { page } = await openLog(
      browser,
      linesOf([{ stream: "stdout", bytes: Buffer.from([0x61, 0xff, 0x07]), fragment: false }, text("a\u202eb")]),
    );
    expect((await rowsInView(page)).map((row) => row.text)).toEqual(["a\\xFF^G", "a\\u202Eb"]);
  });

  test("joins a line's pieces, and shows a progress bar's last state", async () => {
    const bar = [10, 50, 100].map((percent) => text(`\rloading ${percent}%`, "stdout", true));
    const { page } = await openLog(
      browser,
      linesOf([text("Password: ", "stderr", true), text("ok", "stderr"), ...bar, text("")]),
    );
    expect((await rowsInView(page)).map(({ n, text: shown }) => [n, shown])).toEqual([
      [1, "Password: ok"],
      [3, "loading 100%"],
    ]);
    expect(await page.locator(".redraws").innerText()).toBe("↻2");
  });

  test("on stderr is marked by a bar and a word", async () => {
    const { page } = await openLog(browser, linesOf([text("fine"), text("oh no", "stderr")]));
    expect(await page.locator(".row .stream").allInnerTexts()).toEqual(["", "err"]);
    const bar = page.locator(".row.stderr .gutter");
    expect(await bar.evaluate((gutter) => getComputedStyle(gutter).borderLeftColor)).toBe("rgb(179, 33, 31)");
  });

  test("copies without numbers and times", async () => {
    const { page } = await openLog(browser, linesOf([text("one"), text("two \x1b[31mred\x1b[0m"), text("three")]));
    const copied = await page.evaluate(() => {
      const texts = document.querySelectorAll(".row .text");
      const [first, last] = [texts[0]?.firstChild, texts[2]?.firstChild];
      if (first === undefined || first === null || last === undefined || last === null) return "no text";
      getSelection()?.setBaseAndExtent(first, 1, last, 3);
      const data = new DataTransfer();
      const event = new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true });
      document.querySelector(".scroller")?.dispatchEvent(event);
      return data.getData("text/plain");
    });
    expect(copied).toBe("ne\ntwo red\nthr");
  });
});

describe("display of lines", () => {
  test("long ones wrap, or scroll sideways with the numbers in place", async () => {
    const { page } = await openLog(browser, { lines: 300, lineAt: (n) => text(`${n} ${"word ".repeat(200)}`) });
    await seeLine(page, 300);
    await page.locator(".scroller").evaluate((scroller) => scroller.scrollBy(500, 0));
    const [gutter, scroller] = await Promise.all([
      page.locator(".row .gutter").last().boundingBox(),
      page.locator(".scroller").boundingBox(),
    ]);
    expect(gutter?.x).toBe(scroller?.x);
    await page.getByLabel("Wrap").check();
    expect(new URL(page.url()).searchParams.get("wrap")).toBe("1");
    await poll("rows are higher", async () => ((await page.locator(".row").last().boundingBox())?.height ?? 0) > 60);
    expect((await rowsInView(page)).at(-1)?.n).toBe(300);
    const last = await page.locator(".row").last().boundingBox();
    const view = await page.locator(".scroller").boundingBox();
    expect(Math.abs((last?.y ?? 0) + (last?.height ?? 0) - (view?.y ?? 0) - (view?.height ?? 0))).toBeLessThan(2);
    await page.keyboard.press("g");
    await seeLine(page, 1);
    await page.keyboard.press("w");
    await poll("rows are low again", async () => (await page.locator(".row").first().boundingBox())?.height === 20);
  });

  test("times are local, UTC, since the start, or hidden; the last choice is remembered", async () => {
    const { page, mock } = await openLog(browser, { lines: 3, stepUs: 1_500_000 });
    const first = (): Promise<string> => page.locator(".row .time").first().innerText();
    await page.getByRole("combobox", { name: "Time" }).selectOption("utc");
    await poll("UTC", async () => (await first()) === "04:17:01.500");
    await page.keyboard.press("t");
    await poll("since start", async () => (await first()) === "+1.500");
    expect(new URL(page.url()).searchParams.get("time")).toBe("relative");
    await page.keyboard.press("t");
    await poll("none", async () => (await page.locator(".row .time").count()) === 0);
    await page.getByLabel("Wrap").check();
    await page.goto(`${mock.url}/?x=${OPENED_X}`);
    await page.locator(".log.wrap").waitFor();
    expect(await page.locator(".row .time").count()).toBe(0);
    await page.goto(`${mock.url}/?x=${OPENED_X}&time=utc&wrap=0`);
    await poll("what the address says goes before", async () => (await first()) === "04:17:01.500");
  });

  test("a marked line has a link to share", async () => {
    const { page } = await openLog(browser, { lines: 5_000 }, { query: "&line=2500" });
    await seeLine(page, 2_500);
    await page.locator(".row .n", { hasText: "2503" }).click();
    expect(new URL(page.url()).searchParams.get("line")).toBe("2503");
    expect(await page.locator(".row.marked .n").innerText()).toBe("2503");
  });

  test("several are marked with Shift, kept in the address, and copied with and without time and node", async () => {
    const { page, mock } = await openLog(browser, { lines: 5_000 }, { query: "&line=2500&time=utc" });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: mock.url });
    await seeLine(page, 2_500);
    await page.locator(".row .n", { hasText: "2503" }).click({ modifiers: ["Shift"] });
    expect(new URL(page.url()).searchParams.get("line")).toBe("2500-2503");
    expect(await page.locator(".row.marked").count()).toBe(4);
    await page.reload();
    await page.locator(".row.marked").nth(3).waitFor();
    const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
    await page.getByRole("button", { name: "Copy text" }).click();
    await page.getByText("4 lines copied").waitFor();
    expect((await copied()).split("\n")).toHaveLength(4);
    expect(await copied()).toMatch(/^step 2500 loss=[^\n]*\nstep 2501 loss=/);
    await page.getByRole("button", { name: "with time and node" }).click();
    await poll("with its head", async () => (await copied()).startsWith("04:17:02.500 n1 step 2500 loss="));
    await page.getByRole("button", { name: "Copy link" }).click();
    await poll("the link", async () => (await copied()) === page.url());
    await page.getByRole("button", { name: "Unmark the lines" }).click();
    expect(new URL(page.url()).searchParams.get("line")).toBe(null);
  });

  test("of two days have a rule between them, and the day and its zone on top", async () => {
    const { page } = await openLog(browser, { lines: 60, stepUs: 3_600_000_000 }, { query: "&time=utc&top=1" });
    expect(await page.locator(".date-note").innerText()).toBe("Fri, 20 Nov 2026, UTC");
    expect(await page.locator(".day").first().innerText()).toBe("Sat, 21 Nov 2026");
    await page.locator(".row.new-day[data-n='20']").waitFor();
    await page.keyboard.press("End");
    await poll("the last day", async () => (await page.locator(".date-note").innerText()) === "Sat, 21 Nov 2026, UTC");
  });

  test("that are long show their beginning, and all of it on a click", async () => {
    const lines = [text("before"), ...Array.from({ length: 250 }, () => text("x".repeat(4_000), "stdout", true))];
    const { page } = await openLog(browser, linesOf([...lines, text("end"), text("after")]));
    expect((await rowsInView(page)).map(({ n, text: shown }) => [n, shown.length])).toEqual([
      [1, 6],
      [2, 2_000],
      [253, 5],
    ]);
    const more = page.getByRole("button", { name: "+998 kB" });
    await more.click();
    await poll("all of it", async () => (await rowsInView(page))[1]?.text.length === 1_000_003);
    expect(await more.count()).toBe(0);
  });

  test("say their level; a bar on stderr is progress and no error, and shows its states on a click", async () => {
    const bar = [10, 50, 100].map((percent) => text(`\r${percent}%`, "stderr", true));
    const lines = [text("ERROR x"), text("warning: y"), text("INFO z", "stderr"), ...bar, text("", "stderr")];
    const { page } = await openLog(browser, linesOf([...lines, text("oh", "stderr")]));
    const classes = await page.locator(".row").evaluateAll((rows) => rows.map((row) => row.className));
    expect(classes).toEqual(["row level-error", "row level-warn", "row stderr level-info", "row", "row stderr"]);
    expect(await page.locator(".row .stream").allInnerTexts()).toEqual(["", "", "err", "", "err"]);
    await page.locator(".redraws").click();
    await page.getByRole("dialog").locator("li").first().waitFor();
    expect(await page.getByRole("dialog").locator("li").allInnerTexts()).toEqual(["10%", "50%", "100%"]);
  });

  test("of a stack trace fold under their head, and open on a click, or where one of them is marked", async () => {
    const frames = [1, 2, 3, 4, 5].map((at) => text(`    at f${at} (file.js:${at}:1)`));
    const { page, mock } = await openLog(
      browser,
      linesOf([text("before"), text("Error: x"), ...frames, text("after")]),
    );
    const numbers = async (): Promise<number[]> => (await rowsInView(page)).map(({ n }) => n);
    expect(await numbers()).toEqual([1, 2, 8]);
    const button = page.getByRole("button", { name: "+ 5 lines of the trace" });
    await button.focus();
    await page.keyboard.press("Enter");
    await poll("open", async () => (await numbers()).length === 8);
    await page.getByRole("button", { name: "Hide 5 lines of the trace" }).click();
    await poll("folded", async () => (await numbers()).length === 3);
    await page.goto(`${mock.url}/?x=${OPENED_X}&line=5`);
    await poll("open for the marked one", async () => (await numbers()).length === 8);
  });

  test("of a group fold under their head by a key and a click", async () => {
    const lines = ["before", "::group::Install", "needle", "b", "::endgroup::", "--- Test", "c", "d"];
    const { page } = await openLog(browser, linesOf(lines.map((line) => text(line))));
    const numbers = async (): Promise<number[]> => (await rowsInView(page)).map(({ n }) => n);
    const button = page.getByRole("button", { name: "Hide 3 lines of the group" });
    await button.focus();
    expect(await numbers()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await page.keyboard.press("Enter");
    await poll("folded", async () => (await numbers()).join() === "1,2,6,7,8");
    await page.getByRole("button", { name: "Hide 2 lines of the group" }).click();
    await poll("both folded", async () => (await numbers()).join() === "1,2,6");
  });

  test("that are JSON open as a tree, and a value in it becomes the filter", async () => {
    const lines = ['{"level": "info", "step": 1}', '{"level": "error", "at": {"file": "a.py", "n": [1, 2]}}', "{ no }"];
    const { page, problems } = await openLog(browser, linesOf(lines.map((line) => text(line))));
    const buttons = page.getByTitle("Show the JSON as a tree");
    expect(await buttons.count()).toBe(2);
    await buttons.nth(1).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    expect(await dialog.locator("li button").allInnerTexts()).toEqual(['"error"', '"a.py"', "1", "2"]);
    await dialog.getByRole("button", { name: '"error"' }).focus();
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    expect(new URL(page.url()).searchParams.get("q")).toBe('"\\"level\\": \\"error\\""');
    expect(problems).toEqual([]);
  });

  test("have links that lead to the web only and send no referrer", async () => {
    const hidden = "\x1b]8;;javascript:alert(1)\x07evil\x1b]8;;\x07 \x1b]8;;https://example.org/a\x07good\x1b]8;;\x07";
    const { page, problems } = await openLog(browser, linesOf([text("see https://example.org/b."), text(hidden)]));
    const links = await page.locator(".text a").evaluateAll((all) => {
      return all.map((each) => [each.textContent, each.getAttribute("href"), each.getAttribute("rel")]);
    });
    const rel = "noopener noreferrer nofollow";
    expect(links).toEqual([
      ["https://example.org/b", "https://example.org/b", rel],
      ["good", "https://example.org/a", rel],
    ]);
    expect(problems).toEqual([]);
  });

  test("on a phone they wrap, and the page does not scroll sideways", async () => {
    const { page } = await openLog(
      browser,
      { lines: 50, argv: ["x".repeat(200)], lineAt: () => text("word ".repeat(60)) },
      {
        width: 360,
        height: 700,
      },
    );
    await page.locator(".log.wrap").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    const title = await page.getByRole("heading", { level: 1 }).boundingBox();
    expect((title?.x ?? 0) + (title?.width ?? 0)).toBeLessThanOrEqual(360);
    expect(await page.locator(".scroller").evaluate((scroller) => scroller.scrollWidth <= scroller.clientWidth)).toBe(
      true,
    );
  });
});

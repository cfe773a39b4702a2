import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { afterwards } from "../support/cleanup.ts";
import { fakeExecution } from "../support/envelopes.ts";
import { type IngestSite, openRelay } from "../support/ingest-site.ts";
import { Launched } from "../support/launched.ts";
import { poll } from "../support/poll.ts";
import { startSearchSite } from "../support/search-site.ts";
import { openPage, type PageOptions, rowsInView, startBrowser, UI_FOLDER } from "../support/viewer.ts";
import { signedIn } from "../support/web.ts";

const LINES = 12_000;
const BATCH = 500;
const RUN_MS = 100_000;

let browser: Browser;
let on: IngestSite;
let origin: string;
let x: string;

/** A real store, real searches and a real page over them; one execution of many lines, some of them worth finding. */
beforeAll(async () => {
  browser = await startBrowser();
  const { on: store, web } = await startSearchSite({ web: { uiFolder: UI_FOLDER } });
  on = store;
  origin = web.origin;
  const one = fakeExecution({ job: "hay" });
  x = one.x;
  const relay = await openRelay(on);
  const lines = Array.from({ length: LINES }, (_, at) => lineOf(at + 1));
  const frames: string[] = [one.begin({ labels: { rank: "3" } }, 0)];
  for (let n = 1; n <= LINES; n += BATCH) frames.push(one.lines(n, lines.slice(n - 1, n - 1 + BATCH)));
  frames.push(one.lines(LINES + 1, ["out of memory on GPU 3", "retry out of memory"], { stderr: true }));
  await relay.send(...frames, one.end(LINES + 2));
});

function lineOf(n: number): string {
  if (n % 3_000 === 0) return `needle ${n / 3_000} in the hay`;
  if (n === 7_001) return `${"far ".repeat(400)}Nadel am Ende`;
  if (n === 7_500) return "ERROR: cafe\u0301 is closed";
  return `step ${n} loss=0.${n % 97}`;
}

async function open(address: string, options: PageOptions = {}, prepare?: () => void): Promise<Page> {
  const { cookie } = await signedIn(origin, "alice");
  const { page, problems } = await openPage(browser, options);
  if (prepare !== undefined) await page.addInitScript(prepare);
  afterwards(() => expect(problems).toEqual([]));
  const [name = "", value = ""] = cookie.split(/=(.*)/s);
  await page.context().addCookies([{ name, value, url: origin }]);
  await page.goto(`${origin}/${address}`);
  await page.locator(".row").first().waitFor();
  return page;
}

const words = (page: Page): Promise<string> => page.locator(".find-words").last().innerText();
const currentN = async (page: Page): Promise<number> =>
  Number(await page.locator(".row.current").first().getAttribute("data-n"));

/** In the page: presses `/` as soon as the field stands in the document, before anything is painted. */
function pressSlashAtOnce(): void {
  const watch = new MutationObserver(() => {
    if (document.querySelector(".find-field") === null) return;
    watch.disconnect();
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }));
  });
  watch.observe(document, { childList: true, subtree: true });
}

describe("find", () => {
  test("takes a key that is pressed before the first paint", async () => {
    const page = await open(`?x=${x}&top=100`, {}, pressSlashAtOnce);
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Find in the whole log");
  });

  test("opens with Ctrl-F, counts over the whole log, and goes from match to match with n and N", async () => {
    const page = await open(`?x=${x}&top=100`);
    await page.keyboard.press("Control+f");
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Find in the whole log");
    await page.keyboard.type("needle");
    await poll("the first match below", async () => (await words(page)) === "1 of 4");
    expect(await currentN(page)).toBe(3_000);
    expect(await page.locator(".row.current mark").innerText()).toBe("needle");
    await page.keyboard.press("Enter");
    await poll("the second", async () => (await words(page)) === "2 of 4" && (await currentN(page)) === 6_000);
    await page.keyboard.press("Escape");
    await page.keyboard.press("n");
    await poll("the third", async () => (await words(page)) === "3 of 4" && (await currentN(page)) === 9_000);
    await page.keyboard.press("m");
    expect(await page.locator(".row.marked").getAttribute("data-n")).toBe("9000");
    await page.keyboard.press("n");
    await page.keyboard.press("n");
    await poll("around the end", async () => (await words(page)) === "1 of 4, From the top");
    await page.keyboard.press("N");
    await poll(
      "and back",
      async () => (await words(page)) === "4 of 4, From the end" && (await currentN(page)) === 12_000,
    );
    expect(await page.locator(".scroll-tick").count()).toBe(4);
    expect(new URL(page.url()).searchParams.get("find")).toBe("needle");
  });

  test("takes its small language, says what it did not understand, and gives the command for a shell", async () => {
    const page = await open(`?x=${x}`);
    await page.keyboard.press("/");
    await page.keyboard.type("memory -retry stream:stderr");
    await poll("one match", async () => (await words(page)) === "1 of 1");
    expect(await page.locator(".chip code").allInnerTexts()).toEqual(["memory", "-retry", "stream:stderr"]);
    await page.getByText("mlctl", { exact: true }).click();
    expect(await page.locator(".as-command code").innerText()).toBe(
      `mlctl grep -i -F --not retry --stream=stderr memory ${x}`,
    );
    await page.getByRole("button", { name: "Remove -retry" }).click();
    await poll("two", async () => (await words(page)).endsWith("of 2") || (await words(page)) === "2 matches");
    await page.getByRole("searchbox").fill("level:bad");
    await page.getByRole("alert").getByText("level:bad is none of error, warn, info, debug").waitFor();
    await page.getByRole("searchbox").fill("/needle [23]/");
    await poll("an expression", async () => / of 2$/.test(await words(page)));
    await page.locator(".row.current mark").getByText("needle").waitFor();
    await page.getByRole("searchbox").fill("/(/");
    await page.locator(".find-words").getByText("character 1 of the expression: unclosed group").waitFor();
  });

  test("composes characters, and scrolls to a match far to the right", async () => {
    const page = await open(`?x=${x}&top=6990`);
    await page.keyboard.press("/");
    await page.keyboard.type("caf\u00e9");
    await poll("its line", async () => (await words(page)) === "1 of 1" && (await currentN(page)) === 7_500);
    expect(await page.locator(".row.current mark").innerText()).toBe("cafe\u0301");
    await page.getByRole("searchbox").fill("Nadel");
    await poll("the far one", async () => (await words(page)) === "1 of 1" && (await currentN(page)) === 7_001);
    await poll("in view", async () => {
      const mark = await page.locator(".row.current mark").boundingBox();
      return mark !== null && mark.x > 0 && mark.x + mark.width < 1_280;
    });
  });

  test("looks in all executions of a job", async () => {
    const page = await open("?job=hay");
    await page.keyboard.press("/");
    await page.keyboard.type("needle");
    await poll("of the whole job", async () => / of 4$/.test(await words(page)));
    await page.locator(".row.current").waitFor();
  });

  test("marks on the scroll bar of a run, and on the strip above it, when its matches were printed", async () => {
    const startedMs = Date.now() - RUN_MS;
    const ranks = [0, 1].map((rank) => new Launched({ job: "ticks", run: "1", node: `node${rank}`, rank, startedMs }));
    for (const rank of ranks) await rank.claim(on);
    for (let at = 0; at <= RUN_MS; at += RUN_MS / 20) {
      const part = at / RUN_MS;
      const texts = [part === 0.25 || part === 0.75 ? "a needle" : "hay"];
      await on.store.store(ranks.map((rank) => rank.lines(on, startedMs + at, texts)));
    }
    await on.store.store(ranks.map((rank) => rank.end(on, startedMs + RUN_MS)));
    const page = await open("?job=ticks");
    await page.locator(".time-strip svg").waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("needle");
    await poll("all four", async () => / of 4$/.test(await words(page)));
    const placesOf = async (selector: string, side: "left" | "top") =>
      page.locator(selector).evaluateAll((all, by) => {
        return all.map((each) => Math.round(Number.parseFloat((each as HTMLElement).style[by]) / 5) * 5);
      }, side);
    await poll("on the bar", async () => (await placesOf(".scroll-tick", "top")).join() === "25,75");
    await poll("on the strip", async () => (await placesOf(".strip-match", "left")).join() === "25,75");
  });

  test("opens the group in which a match is, and takes a value of a JSON line for a filter", async () => {
    const one = fakeExecution({ job: "ci" });
    const relay = await openRelay(on);
    const lines = ["::group::Install", "a pin", "b", "::endgroup::", '{"level": "info"}', '{"level": "error", "n": 1}'];
    await relay.send(one.begin({}, 0), one.lines(1, lines), one.end(lines.length));
    const page = await open(`?x=${one.x}`);
    const numbers = async () => (await rowsInView(page)).map(({ n }) => n).join();
    await page.getByRole("button", { name: "Hide 3 lines of the group" }).click();
    await poll("folded", async () => (await numbers()) === "1,5,6");
    await page.keyboard.press("/");
    await page.keyboard.type("pin");
    await poll("open for the match", async () => (await numbers()) === "1,2,3,4,5,6");
    await page.getByTitle("Show the JSON as a tree").last().click();
    await page.getByRole("dialog").getByRole("button", { name: '"error"' }).click();
    await poll("filtered", async () => (await numbers()) === "6");
  });
});

describe("a filter", () => {
  test("shows the matches of the whole log, says what it hides, and opens the lines around one", async () => {
    const page = await open(`?x=${x}`);
    await page.keyboard.press("&");
    await page.keyboard.type("needle");
    await poll("all of them", async () => (await rowsInView(page)).map(({ n }) => n).join() === "3000,6000,9000,12000");
    await poll("the count", async () => (await words(page)) === "4 of 12,002 lines, 11,998 hidden");
    await page.getByRole("button", { name: "Lines around line 6000" }).click();
    await poll("with context", async () => {
      const numbers = (await rowsInView(page)).map(({ n }) => n);
      return numbers.join() === "3000,5995,5996,5997,5998,5999,6000,6001,6002,6003,6004,6005,9000,12000";
    });
    await page.getByRole("button", { name: "Lines around line 6000" }).click();
    await page.getByRole("button", { name: "Clear filter" }).click();
    await page.locator(".find-bar").waitFor({ state: "detached" });
    expect(new URL(page.url()).searchParams.get("q")).toBe(null);
  });

  test("of a level or a stream alone reads the log page by page, from its end", async () => {
    const page = await open(`?x=${x}`);
    await page.getByRole("radio", { name: "stdout" }).check();
    await poll("its end", async () => (await rowsInView(page)).at(-1)?.n === LINES);
    await page.keyboard.press("g");
    await poll("its beginning", async () => (await rowsInView(page))[0]?.n === 1);
    await page.getByRole("radio", { name: "both" }).check();
    await page.goto(`${origin}/?x=${x}&q=level:error`);
    await poll("the error", async () => (await rowsInView(page)).map(({ n }) => n).join() === "7500");
    await page.reload();
    await poll("again", async () => (await rowsInView(page)).map(({ n }) => n).join() === "7500");
  });

  test("that nothing matches says so", async () => {
    const page = await open(`?x=${x}`);
    await page.keyboard.press("&");
    await page.keyboard.type("no such text");
    await page.getByText("No line of this log matches.").waitFor();
  });

  test("takes in what a running command prints", async () => {
    const one = fakeExecution({ job: "live" });
    const relay = await openRelay(on);
    await relay.send(one.begin({}, 0), one.lines(1, ["a needle", "hay"]));
    const page = await open(`?x=${one.x}&q=needle`);
    await poll("the first", async () => (await rowsInView(page)).length === 1);
    await relay.send(one.lines(3, ["hay", "another needle"]));
    await poll("the second", async () => (await rowsInView(page)).map(({ n }) => n).join() === "1,4");
  });
});

test("lines of all executions are found from the top bar, and lead to their line", async () => {
  const page = await open(`?x=${x}`);
  await page.getByRole("link", { name: "Search lines" }).click();
  // Who comes here types: nothing has to be clicked.
  await page.locator("input[type=search]:focus").waitFor();
  await page.keyboard.type('needle "in the hay"');
  const found = page.getByRole("region", { name: "Matches on node1" }).first();
  await found.getByRole("link", { name: "6000", exact: true }).waitFor();
  expect(await found.locator("mark").first().innerText()).toBe("needle");
  await poll("the count", async () => /^4 matches, in 1 execution$/.test(await words(page)));
  await found.getByRole("link", { name: "6000", exact: true }).click();
  await page.locator(".row.marked[data-n='6000']").waitFor();
  await page.goBack();
  await found.waitFor();
});

describe("going to a place", () => {
  test.each([
    ["500", 500],
    ["50%", 6_001],
  ])("by %s", async (typed, n) => {
    const page = await open(`?x=${x}`);
    await page.keyboard.press(":");
    await page.keyboard.type(typed);
    await page.keyboard.press("Enter");
    await poll(`line ${n}`, async () => (await rowsInView(page)).some((row) => row.n === n));
  });

  test("says what it did not understand, and selects what stands there", async () => {
    const page = await open(`?x=${x}`);
    await page.keyboard.press(":");
    await page.keyboard.type("nowhere");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText('"nowhere" is no place in this log.').waitFor();
    await page.locator(".scroller").focus();
    await page.keyboard.press(":");
    await page.keyboard.type("7");
    expect(await page.getByLabel("Go to line or time").inputValue()).toBe("7");
  });
});

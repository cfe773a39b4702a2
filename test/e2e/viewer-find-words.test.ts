import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { afterwards } from "../support/cleanup.ts";
import { Launched } from "../support/launched.ts";
import { poll } from "../support/poll.ts";
import { type SearchSite, startSearchSite } from "../support/search-site.ts";
import { openPage, rowsInView, startBrowser, UI_FOLDER } from "../support/viewer.ts";
import { signedIn } from "../support/web.ts";

const MINUTE_MS = 60_000;
/** A line each minute, from eight in the morning of a past day to six. */
const FROM_MS = new Date().setHours(8, 0, 0, 0) - 3 * 24 * 60 * MINUTE_MS;
const MINUTES = 600;
/** `Nov 28` */
const DAY = new Date(FROM_MS).toLocaleDateString("en", { month: "short", day: "numeric" });
const WORDS = ["Boom", "boom", "boomerang", "a b", "b then a", "ERROR: disk", "warning: disk"];
const FAR = `${"far ".repeat(750)}Nadel`;

let browser: Browser;
let site: SearchSite;

beforeAll(async () => {
  browser = await startBrowser();
  site = await startSearchSite({ web: { uiFolder: UI_FOLDER } });
  const { on } = site;
  const launch = { run: "1", startedMs: FROM_MS };
  const clock = new Launched({ ...launch, job: "clock", node: "node1" });
  const ranks = [0, 1].map((rank) => new Launched({ ...launch, job: "mix", node: `node${rank + 1}`, rank }));
  for (const each of [clock, ...ranks]) await each.claim(on);
  for (let minute = 0; minute <= MINUTES; minute += 1)
    await on.store.store([clock.lines(on, FROM_MS + minute * MINUTE_MS, [timeAt(minute)])]);
  const endMs = FROM_MS + MINUTES * MINUTE_MS;
  for (const [rank, each] of ranks.entries()) {
    await on.store.store([each.lines(on, FROM_MS, WORDS), each.lines(on, FROM_MS, ["caf\u00e9", FAR], "stderr")]);
    await on.store.store([each.end(on, endMs, rank)]);
  }
  await on.store.store([clock.end(on, endMs)]);
});

function timeAt(minute: number): string {
  return new Date(FROM_MS + minute * MINUTE_MS).toTimeString().slice(0, 5);
}

async function open(address: string, origin = site.web.origin): Promise<Page> {
  const { cookie } = await signedIn(origin, "alice");
  const { page, problems } = await openPage(browser);
  afterwards(() => expect(problems).toEqual([]));
  const [name = "", value = ""] = cookie.split(/=(.*)/s);
  await page.context().addCookies([{ name, value, url: origin }]);
  await page.goto(`${origin}/${address}`);
  await page.locator(".row").first().waitFor();
  return page;
}

const words = (page: Page): Promise<string> => page.locator(".find-words").last().innerText();
const textsInView = async (page: Page): Promise<string[]> => (await rowsInView(page)).map(({ text }) => text);

describe("a filter", () => {
  test.each([
    ["node:node2 boomerang", ["boomerang"]],
    ["rank:0 boomerang", ["boomerang"]],
    ["state:failed boomerang", ["boomerang"]],
    ["then b -oom rank:0", ["b then a"]],
    ['"b then" rank:1', ["b then a"]],
    ["level:error rank:1", ["ERROR: disk"]],
    ["disk level:warn rank:1", ["ERROR: disk", "warning: disk"]],
    ["/^boom$/ rank:1", ["Boom", "boom"]],
  ])("of one field, %s, shows the lines of all executions that match", async (typed, lines) => {
    const page = await open("?job=mix");
    await page.keyboard.press("&");
    await page.keyboard.type(typed);
    await poll("the matches", async () => (await textsInView(page)).join() === lines.join());
    expect(await page.locator(".chip code").count()).toBe(typed.match(/"[^"]*"|\S+/g)?.length);
  });

  test("of a time shows what was printed since then", async () => {
    const page = await open("?job=clock");
    await page.keyboard.press("&");
    await page.keyboard.type(`since:"${DAY} 17:58"`);
    await poll("three lines", async () => (await textsInView(page)).join() === "17:58,17:59,18:00");
  });

  test("of stderr marks it on the scroll bar and on the strip above", async () => {
    const page = await open("?job=mix");
    await page.locator(".time-strip svg").waitFor();
    await page.getByRole("radio", { name: "stderr" }).check();
    await poll("its lines", async () => (await textsInView(page)).length === 4);
    await page.locator(".scroll-tick").first().waitFor();
    await page.locator(".strip-match").first().waitFor();
  });

  test("brings a match far to the right into view", async () => {
    const page = await open("?job=mix&q=Nadel+rank:1");
    const mark = page.locator(".row mark");
    await poll("in view", async () => {
      const box = await mark.boundingBox();
      return box !== null && box.x > 0 && box.x + box.width < 1_280;
    });
  });
});

describe("find", () => {
  test("regards case and whole words where that is wanted, and composes what is typed", async () => {
    const page = await open("?job=mix");
    await page.keyboard.press("/");
    await page.keyboard.type("boom");
    await poll("all of them", async () => / of 6$/.test(await words(page)));
    await page.getByRole("button", { name: "Match case" }).click();
    await poll("small ones", async () => /\b4( matches)?$/.test(await words(page)));
    await page.getByRole("button", { name: "Whole words" }).click();
    await poll("words", async () => /\b2( matches)?$/.test(await words(page)));
    expect(new URL(page.url()).searchParams.get("how")).toBe("cw");
    await page.getByRole("searchbox").fill("cafe\u0301");
    await poll("composed", async () => / of 2$/.test(await words(page)));
    await page.locator(".row.current mark").getByText("caf\u00e9").waitFor();
    await page.getByRole("searchbox").fill("bo+m");
    await page.getByRole("button", { name: "Regular expression" }).click();
    await poll("an expression", async () => / of 2$/.test(await words(page)));
    expect(await page.getByRole("searchbox").inputValue()).toBe("/bo+m/");
  });

  test("says how much has been searched, and ends the search on the collector when it is cancelled", async () => {
    let isEnded = false;
    const { origin } = (
      await startSearchSite({
        web: {
          uiFolder: UI_FOLDER,
          served: site.on.archive,
          search: {
            async *run(_viewer, _request, signal) {
              const totals = { executions: 1, bytes: 400, lines: 4, hits: 3, unreadable: 0 };
              yield Buffer.from(`${JSON.stringify({ t: "progress", ...totals })}\n`);
              await new Promise((resolve) => signal.addEventListener("abort", resolve));
              isEnded = true;
            },
          },
        },
      })
    ).web;
    const page = await open("?job=mix", origin);
    await page.keyboard.press("/");
    await page.keyboard.type("boom");
    await poll("a part", async () => /^3 matches, \d+ % searched$/.test(await words(page)));
    await page.getByRole("button", { name: "Cancel" }).click();
    await poll("cancelled", async () => /^3 matches, cancelled at \d+ % searched$/.test(await words(page)));
    await poll("the end on the collector", () => isEnded);
  });
});

test.each([
  ["14:05", "14:05"],
  ["-2h", "16:00"],
  [`${DAY} 12:30`, "12:30"],
  ["50%", "13:00"],
])("a time that is typed, %s, is where the page goes, in an execution and in a job", async (typed, shown) => {
  const page = await open("?job=clock");
  const go = async (): Promise<void> => {
    await page.keyboard.press(":");
    await page.keyboard.type(typed);
    await page.keyboard.press("Enter");
    await poll(`the line of ${shown}`, async () => (await textsInView(page)).slice(0, 12).includes(shown));
  };
  await go();
  await page.locator(".row .n").first().click();
  await page.locator(".selection-bar a").click();
  await page.getByRole("heading", { name: "./train" }).waitFor();
  await page.locator(".row").first().waitFor();
  await page.keyboard.press("End");
  await poll("the end", async () => (await textsInView(page)).at(-1) === "18:00");
  await go();
});

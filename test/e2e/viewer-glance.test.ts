import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { afterwards } from "../support/cleanup.ts";
import type { Launched } from "../support/launched.ts";
import { poll } from "../support/poll.ts";
import { type RunSite, startRunSite } from "../support/run-site.ts";
import { openPage, startBrowser, UI_FOLDER } from "../support/viewer.ts";
import { signedIn } from "../support/web.ts";

const SECOND = 1_000;
const NODES = 1_000;
const QUIET_RELAY = { waiting: 0, lost: 0, refused: 0, behindMs: 0, delayMs: 2 };

let browser: Browser;
let on: RunSite;

beforeAll(async () => {
  browser = await startBrowser();
  const seenAtMs = Date.now() - 3_600 * SECOND;
  on = await startRunSite({
    uiFolder: UI_FOLDER,
    relays: {
      names: () => Array.from({ length: NODES }, (_, at) => `gpu${at + 1}`),
      of: (node) => {
        if (node === "gpu3") return { ...QUIET_RELAY, isUp: false, seenAtMs };
        if (node === "gpu2")
          return { isUp: true, seenAtMs, behindMs: 61_000, delayMs: 1_234, waiting: 9, lost: 5, refused: 7 };
        return /^gpu\d+$/.test(node) ? { ...QUIET_RELAY, isUp: true, seenAtMs } : undefined;
      },
    },
  });
});

async function open(address: string, prepare: (page: Page) => Promise<void> = async () => undefined): Promise<Page> {
  const { cookie } = await signedIn(on.origin, "alice");
  const { page, problems } = await openPage(browser);
  afterwards(() => expect(problems).toEqual([]));
  const [name = "", value = ""] = cookie.split(/=(.*)/s);
  await page.context().addCookies([{ name, value, url: on.origin }]);
  await prepare(page);
  await page.goto(`${on.origin}/${address}`);
  return page;
}

/** A run that has begun, and what all of its executions but some print a while later. */
async function begin(job: string, launches: readonly { readonly node: string; readonly rank?: number }[]) {
  const { site, clock } = on;
  const ranks = await on.begin(launches.map((each) => ({ job, run: "1", startedMs: clock.nowMs, ...each })));
  const says = async (textOf: (at: number) => string, except: readonly Launched[] = []): Promise<void> => {
    clock.nowMs += 10 * SECOND;
    const lines = ranks.flatMap((one, at) =>
      except.includes(one) ? [] : [one.lines(site, clock.nowMs, [textOf(at)])],
    );
    await site.store.store(lines);
    await site.store.store(ranks.map((one) => one.beat(site)));
  };
  return { ranks, says };
}

const nodes = (count: number): { node: string }[] =>
  Array.from({ length: count }, (_, at) => ({ node: `node${at + 1}` }));
const ranked = (count: number) => nodes(count).map((each, at) => ({ ...each, rank: count - 1 - at }));

describe("the board", () => {
  test("is sorted as people count nodes, by rank or by node, and its cells pulse for lines and differ in shape", async () => {
    const { site, clock } = on;
    const { ranks, says } = await begin("sorted", nodes(12).reverse());
    await says((at) => `line of ${at}`);
    const page = await open("?job=sorted");
    const cells = page.locator(".cell");
    await poll("all cells", async () => (await cells.count()) === 12);
    expect(await cells.allInnerTexts()).toEqual(Array.from({ length: 12 }, (_, at) => String(at + 1)));
    const failing = ranks.slice(-1);
    await site.store.store(failing.map((one) => one.end(site, clock.nowMs, 9)));
    await says((at) => `another of ${at}`, failing);
    await poll("a pulse", async () => (await page.locator(".pulse-even, .pulse-odd").count()) > 0);
    await page.locator(".cell-failed").waitFor();
    const shapeOf = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((cell) => {
          const { borderRadius, clipPath } = getComputedStyle(cell, "::before");
          return `${borderRadius} ${clipPath}`;
        });
    expect(await shapeOf(".cell-failed")).not.toBe(await shapeOf(".cell-running"));
    await page.locator(".cell-failed").hover();
    await page.locator(".cell-tip").getByText("exit 9").waitFor();
    await poll("its title", async () => (await page.title()) === "✕ node1 - sorted · marcologger");

    await begin("ranked", ranked(12));
    await page.goto(`${on.origin}/?job=ranked`);
    await poll("ranks", async () => (await cells.allInnerTexts()).join() === "0,1,2,3,4,5,6,7,8,9,10,11");
    await page.getByRole("combobox", { name: "Order of the board" }).selectOption("node");
    await poll("nodes", async () => (await cells.allInnerTexts()).join() === "11,10,9,8,7,6,5,4,3,2,1,0");
  });

  test("names the rank that failed first in the title of the page", async () => {
    const { site, clock } = on;
    const { ranks } = await begin("train-llm", ranked(12));
    await site.store.store(ranks.slice(0, 1).map((one) => one.end(site, clock.nowMs, 1)));
    const page = await open("?job=train-llm");
    await poll("its title", async () => (await page.title()) === "✕ rank 11 - train-llm · marcologger");
  });
});

test("equal lines of many nodes fold into one row, with the range of the numbers that differ", async () => {
  const { says } = await begin("ranges", nodes(16));
  await says((at) => `epoch 3 loss=0.${91 + (at % 4)}`);
  await says((at) => (at === 6 ? "NaN" : "epoch 4 loss=0.90"));
  const page = await open("?job=ranges&fold=1");
  const rows = async () => (await page.locator(".row").allInnerTexts()).map((row) => row.replace(/\s+/g, " "));
  await poll("three rows", async () => (await rows()).length === 3);
  const all = (await rows()).join("\n");
  expect(all).toMatch(/node\[1-16\] epoch 3 loss=0\.91\.\.0\.94$/m);
  expect(all).toMatch(/node\[1-6,8-16\] epoch 4 loss=0\.90$/m);
  expect(await page.locator(".row.few .text").allInnerTexts()).toEqual(["NaN"]);
});

test("a notification says when a rank falls silent", async () => {
  const { ranks, says } = await begin("hangs", ranked(16));
  await says(() => "epoch 1");
  const page = await open("?job=hangs", async (before) => {
    await before.clock.install();
    await before.addInitScript(() => {
      const told: string[] = [];
      class Told extends EventTarget {
        static requestPermission = async () => "granted";
        readonly #shown: string;
        constructor(title: string, { body }: { body: string }) {
          super();
          this.#shown = `${title}: ${body}`;
          told.push(this.#shown);
        }
        close(): void {
          told.splice(told.indexOf(this.#shown), 1);
        }
      }
      Object.assign(window, { Notification: Told, told });
    });
  });
  await page.getByRole("button", { name: "Actions" }).click();
  const dialog = page.getByRole("dialog");
  for (const event of ["it has ended", "one fails"]) await dialog.getByLabel(event).uncheck();
  await dialog.getByLabel("one falls silent").check();
  await dialog.getByRole("button", { name: "Tell me" }).click();
  await dialog.getByText("You hear when one falls silent").waitFor();
  for (let epoch = 2; epoch <= 6; epoch += 1) await says(() => `epoch ${epoch}`, ranks.slice(4, 5));
  const told = () => page.evaluate(() => [...(window as unknown as { told: string[] }).told]);
  await poll("a notification", async () => {
    await page.clock.fastForward(15 * SECOND);
    return (await told()).length > 0;
  });
  expect(await told()).toEqual([expect.stringMatching(/rank 11 - hangs: Silent for 50 s$/)]);
});

describe("the list", () => {
  test("draws lines a second as a curve", async () => {
    const { says } = await begin("curve", nodes(2));
    await says(() => "begins");
    const page = await open("?q=curve");
    const row = page.getByRole("region", { name: "Job curve" });
    await row.locator(".rate").waitFor();
    let lines = 0;
    await poll("a curve of two answers", async () => {
      lines += 1;
      await says(() => `line ${lines}`);
      return (await row.locator(".rate polyline").count()) > 0;
    });
    expect(await row.locator(".rate").innerText()).toMatch(/^\d+\/s$/);
  });

  test("counts all executions of 200 jobs, however few of them are loaded", async () => {
    const { site, clock } = on;
    for (let job = 1; job <= 200; job += 1) {
      clock.nowMs += 1;
      const { ranks } = await begin(`of-200-${job}`, nodes(5));
      await site.store.store(ranks.slice(0, 1).map((one) => one.end(site, clock.nowMs, 1)));
    }
    const page = await open("");
    for (const job of [200, 190, 182]) {
      const counts = page.getByRole("region", { name: `Job of-200-${job}` }).locator(".job-counts");
      await poll(`counts of ${job}`, async () => /^4 running\s+1 failed$/.test((await counts.innerText()).trim()));
    }
    const last = page.getByRole("region", { name: "Job of-200-1,", exact: false });
    await poll("the last job", async () => {
      await page.evaluate(() => [...document.querySelectorAll(".job")].at(-1)?.scrollIntoView());
      return (await last.count()) > 0;
    });
  });
});

test("the Nodes page of 1,000 shows each relay: up, last seen, delay, lost, refused, running, clock difference", async () => {
  await begin("on-gpu", [{ node: "gpu2" }]);
  const page = await open("?page=nodes");
  const cellsOf = async (node: string) => page.locator(`tr[data-node="${node}"] td`).allInnerTexts();
  await page.locator('tr[data-node="gpu2"]').waitFor();
  const shown = (await page.locator('tr[data-node="gpu2"]').innerText()).replace(/\s+/g, " ");
  expect(shown).toMatch(/ up 1,234 ms 5 7 1 −1 min 01 s$/);
  expect((await cellsOf("gpu3")).join(" ")).toMatch(/^down for 1 h 0\d min/);
  await page
    .getByText("1,000 nodes", { exact: false })
    .or(page.getByText(/^1,0\d\d nodes/))
    .first()
    .waitFor();
  await page.getByLabel(/^Only with problems \(2\)/).check();
  await poll("two nodes", async () => (await page.locator(".node-row").count()) === 2);
  await page.getByLabel(/^Only with problems/).uncheck();
  await page.getByRole("searchbox", { name: "Show only these nodes" }).fill("gpu[998-1000]");
  await poll("three nodes", async () => (await page.locator(".node-row").count()) === 3);
});
